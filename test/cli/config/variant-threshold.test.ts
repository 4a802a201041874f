import { describe, expect, it } from 'vitest';
import {
  findContradiction,
  parseVariantThreshold,
  type VariantThreshold,
} from '../../../src/cli/config/variant-threshold.js';

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
