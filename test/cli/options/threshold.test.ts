import { describe, expect, it } from 'vitest';
import {
  fieldOf,
  findContradiction,
  meets,
  parseThreshold,
  parseVariantThreshold,
  type VariantThreshold,
} from '../../../src/cli/options/threshold.js';

function parsed(...texts: string[]): VariantThreshold[] {
  return texts.map((text) => parseVariantThreshold(text)).filter((one) => one !== undefined);
}

describe('parseVariantThreshold', () => {
  it('is about the best variant where none is named', () => {
    expect(parseVariantThreshold(' accuracy.lower >= 0.75')).toEqual({
      variant: null,
      path: ['accuracy', 'lower'],
      operator: '>=',
      bound: 0.75,
      text: 'accuracy.lower >= 0.75',
    });
  });

  it('takes what stands before the last colon for the name', () => {
    expect(parseVariantThreshold('few-shot: macro_f1>0.8')?.variant).toBe('few-shot');
    expect(parseVariantThreshold('smollm2:135m · temperature 0.7:macro_f1>0.8')).toMatchObject({
      variant: 'smollm2:135m · temperature 0.7',
      path: ['macro_f1'],
    });
  });

  it.for(['', 'macro_f1', 'macro_f1>=high', ': macro_f1>=0.8', '>=0.8', 'a: >=0.8', 'macro_f1=>0.8'])(
    "knows '%s' for no condition",
    (text) => expect(parseVariantThreshold(text)).toBeUndefined(),
  );
});

describe('findContradiction', () => {
  it.for<[string, string]>([
    ['accuracy>=0.9', 'accuracy<=0.8'],
    ['accuracy>0.8', 'accuracy<=0.8'],
    ['accuracy==0.8', 'accuracy!=0.8'],
    ['accuracy==0.8', 'accuracy==0.9'],
    ['every: accuracy>=0.9', 'accuracy<0.9'],
    ['a: accuracy>=0.9', 'every:accuracy<0.9'],
  ])('finds %s and %s', ([one, other]) => {
    const both = parsed(one, 'kappa>=0', other);
    expect(findContradiction(both)?.map(({ text }) => text)).toEqual([one, other]);
  });

  it.for<[string, string]>([
    ['accuracy>=0.8', 'accuracy<=0.8'],
    ['accuracy>0.8', 'accuracy<0.800001'],
    ['accuracy>=0.9', 'macro_f1<0.9'],
    ['a: accuracy>=0.9', 'b: accuracy<0.9'],
    ['a: accuracy>=0.9', 'accuracy<0.9'],
    ['accuracy!=0.8', 'accuracy!=0.9'],
  ])('finds nothing in %s and %s', ([one, other]) => {
    expect(findContradiction(parsed(one, other))).toBeUndefined();
  });
});

describe('thresholds', () => {
  const summary = { success_rate: 0.9, latency_ms: { p95: 12 }, queue_ms: null, sentiment: { 'a.b': { share: 0.5 } } };

  it.each([
    ['success_rate>=0.9', true],
    ['success_rate > 0.9', false],
    ['latency_ms.p95<20', true],
    ['latency_ms.p95==12', true],
    ['latency_ms.p95!=12', false],
    ['queue_ms.p95<=5', false],
    ['sentiment.a.b.share>=0.5', true],
  ])('%s: %s', (text, expected) => {
    const threshold = parseThreshold(text);
    if (!threshold) throw new Error('no threshold');
    expect(meets(fieldOf(summary, threshold.path) ?? null, threshold)).toBe(expected);
  });

  it.each(['', 'accuracy', '>=1', 'accuracy>=', 'accuracy=>1', 'accuracy>=high', '1>=accuracy'])(
    '%j is none',
    (text) => {
      expect(parseThreshold(text)).toBeUndefined();
    },
  );

  it('does not take inherited properties for fields', () => {
    expect(fieldOf(summary, ['constructor', 'length'])).toBeUndefined();
  });
});
