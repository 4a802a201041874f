import { describe, expect, it } from 'vitest';
import { type ComparisonInWords, describeComparison } from '../../../src/foundation/statistics/paired-comparison.js';

const won: ComparisonInWords = {
  first: 'few-shot',
  second: 'zero-shot',
  difference: 0.065,
  interval: { lower: 0.021, upper: 0.109 },
  pValue: 0.004,
  rows: 400,
  visible: { difference: 0.03, rows: 640 },
};

const undecided: ComparisonInWords = {
  ...won,
  difference: 0.01,
  interval: { lower: -0.021, upper: 0.041 },
  pValue: 0.612,
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

  it('claims nothing where the p-value does not allow it, and says what would be needed', () => {
    expect(describeComparison(undecided)).toBe(
      'few-shot and zero-shot: no difference can be claimed (1.0 points for few-shot, 95 % −2.1 to 4.1, ' +
        'p = 0.61 after correction); about 640 rows would be needed to see one of 3 points',
    );
  });

  it('claims nothing after correction though the interval, which is not corrected, leaves out 0', () => {
    expect(describeComparison({ ...won, pValue: 0.06 })).toContain(
      'no difference can be claimed (6.5 points for few-shot, 95 % 2.1 to 10.9, p = 0.060 after correction)',
    );
  });

  it('says where there were rows enough', () => {
    expect(describeComparison({ ...undecided, rows: 2_000 })).toContain(
      '; one of 3 points would have shown on these 2,000 rows 4 times in 5',
    );
  });

  it('says so where there is no difference at all', () => {
    const none = { ...undecided, difference: 0, interval: { lower: -0.009, upper: 0.009 }, pValue: 1 };
    expect(describeComparison(none)).toContain('no difference can be claimed (0.0 points, 95 % −0.9 to 0.9, p = 1.00');
  });

  it('names the figure, another confidence and no correction where told', () => {
    const options = { figure: 'macro-F1', corrected: false, alpha: 0.01, confidence: 0.99 };
    expect(describeComparison(won, options)).toBe(
      'few-shot beats zero-shot by 6.5 points of macro-F1 (99 % 2.1 to 10.9, p = 0.004)',
    );
    expect(describeComparison({ ...won, pValue: 0.02 }, options)).toContain('no difference can be claimed');
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
    [7, 'about 7 rows'],
    [641, 'about 650 rows'],
    [1_371, 'about 1,400 rows'],
    [123_456, 'about 130,000 rows'],
  ])('rounds %s rows up: %s', (rows, written) => {
    expect(describeComparison({ ...undecided, rows: 5, visible: { difference: 0.03, rows } })).toContain(written);
  });
});
