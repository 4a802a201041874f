import { describe, expect, it } from 'vitest';
import { Agreement } from '../../src/sentiment/agreement.js';

function agreementOf(labels: readonly string[], pairs: readonly (readonly [string, string])[]): Agreement {
  const agreement = new Agreement(labels);
  for (const [expected, predicted] of pairs) agreement.add(expected, predicted);
  return agreement;
}

describe('the agreement of answers with right labels', () => {
  it('is accuracy and macro-F1 as computed by hand', () => {
    // expected:  a a a b b c; predicted: a a b b c c
    const agreement = agreementOf(
      ['a', 'b', 'c'],
      [
        ['a', 'a'],
        ['a', 'a'],
        ['a', 'b'],
        ['b', 'b'],
        ['b', 'c'],
        ['c', 'c'],
      ],
    );
    expect(agreement.accuracy).toBeCloseTo(4 / 6, 12);
    const f1 = [4 / 5, 2 / 4, 2 / 3];
    expect(agreement.macroF1).toBeCloseTo(((f1[0] as number) + (f1[1] as number) + (f1[2] as number)) / 3, 12);
  });

  it('counts a class that is predicted but never right as zero, and leaves out one that never occurs', () => {
    const agreement = agreementOf(
      ['a', 'b', 'c'],
      [
        ['a', 'a'],
        ['a', 'b'],
      ],
    );
    expect(agreement.macroF1).toBeCloseTo((2 / 3 + 0) / 2, 12);
  });

  it('leaves out rows whose label is none of the labels, and counts them', () => {
    const agreement = agreementOf(
      ['a', 'b'],
      [
        ['x', 'a'],
        ['x', 'b'],
        ['a', 'a'],
      ],
    );
    expect(agreement.accuracy).toBe(1);
    expect([...agreement.outside]).toEqual([['x', 2]]);
  });

  it('knows nothing where nothing was compared', () => {
    const agreement = new Agreement(['a', 'b']);
    expect([agreement.accuracy, agreement.macroF1]).toEqual([null, null]);
  });
});
