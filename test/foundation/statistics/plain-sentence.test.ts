import { describe, expect, it } from 'vitest';
import { type ComparisonInWords, describeComparison } from '../../../src/foundation/statistics/describe-comparison.js';

const won: ComparisonInWords = {
  first: 'few-shot',
  second: 'zero-shot',
  difference: 0.065,
  interval: { lower: 0.021, upper: 0.109 },
  pValue: 0.004,
  significant: true,
  rows: 400,
  relevant: { difference: 0.03, rowsNeeded: { lower: 500, upper: 640 } },
};

const undecided: ComparisonInWords = {
  ...won,
  difference: 0.01,
  interval: { lower: -0.021, upper: 0.041 },
  pValue: 0.612,
  significant: false,
};

describe('a comparison as a sentence', () => {
  it('names the better one, by how much, and how sure that is', () => {
    expect(describeComparison(won)).toBe(
      'few-shot beats zero-shot by 6.5 points (95 % 2.1 to 10.9, p = 0.004 after correction)',
    );
  });

  it('turns round where the second is better', () => {
    const lost = { ...won, difference: -0.065, interval: { lower: -0.109, upper: -0.021 } };
    expect(describeComparison(lost)).toBe(
      'zero-shot beats few-shot by 6.5 points (95 % 2.1 to 10.9, p = 0.004 after correction)',
    );
  });

  it('claims nothing where the difference is not significant, and says what would be needed', () => {
    expect(describeComparison(undecided)).toBe(
      'few-shot and zero-shot: no difference can be claimed (1.0 points for few-shot, 95 % −2.1 to 4.1, ' +
        'p = 0.61 after correction); about 500 to 640 rows would be needed to see one of 3 points',
    );
  });

  it('shows no end of an interval that excludes 0 as 0', () => {
    const close = { ...won, difference: 0.04, interval: { lower: 0.0004, upper: 0.081 }, pValue: 0.0497 };
    expect(describeComparison(close)).toContain('by 4.00 points (95 % 0.04 to 8.10, p = 0.0497 after correction)');
  });

  it('says of a difference that matters what its interval says: excluded or not', () => {
    const narrow = { ...undecided, rows: 2_000, interval: { lower: -0.009, upper: 0.029 } };
    expect(describeComparison(narrow)).toMatch(/; a difference of 3 points is excluded$/);
    // As many rows as would find one of 3 points in 80 % of the cases, and it may be there all the same.
    expect(describeComparison({ ...undecided, rows: 2_000 })).toMatch(/; a difference of 3 points is not excluded$/);
  });

  it('says so where there is no difference at all', () => {
    const none = { ...undecided, difference: 0, interval: { lower: -0.009, upper: 0.009 }, pValue: 1 };
    expect(describeComparison(none)).toContain('no difference can be claimed (0.0 points, 95 % −0.9 to 0.9, p = 1.00');
  });

  it('names the metric, another confidence and no correction where told', () => {
    const options = { metric: 'macro-F1', corrected: false, confidence: 0.99 };
    expect(describeComparison(won, options)).toBe(
      'few-shot beats zero-shot by 6.5 points of macro-F1 (99 % 2.1 to 10.9, p = 0.004)',
    );
  });

  it.each([
    [0.0001, 'p < 0.001'],
    [0.001, 'p = 0.001'],
    [0.0496, 'p = 0.0496'],
    [0.05, 'p = 0.050'],
    [0.0503, 'p = 0.0503'],
    [0.0999, 'p = 0.100'],
    [0.3, 'p = 0.30'],
  ])('writes a p-value of %s as %s, and never one that seems to be on the other side', (pValue, written) => {
    expect(describeComparison({ ...won, pValue })).toContain(written);
  });

  it('shows small differences with more decimals', () => {
    const small = { ...won, difference: 0.0004, interval: { lower: 0.0001, upper: 0.0007 } };
    expect(describeComparison(small)).toContain('by 0.04 points (95 % 0.01 to 0.07,');
  });

  it.each([
    [7, 7, 'about 7 rows'],
    [641, 650, 'about 650 rows'],
    [1_371, 2_082, 'about 1,400 to 2,100 rows'],
    [98_765, 123_456, 'about 99,000 to 130,000 rows'],
  ])('rounds %s to %s rows up: %s', (lower, upper, written) => {
    const relevant = { difference: 0.03, rowsNeeded: { lower, upper } };
    expect(describeComparison({ ...undecided, rows: 5, relevant })).toContain(written);
  });

  it('names no rows where they are not known', () => {
    const relevant = { difference: 0.03, rowsNeeded: null };
    expect(describeComparison({ ...undecided, relevant })).toMatch(/; a difference of 3 points is not excluded$/);
  });
});
