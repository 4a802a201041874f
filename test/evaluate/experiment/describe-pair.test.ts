import { describe, expect, it } from 'vitest';
import { describePair } from '../../../src/evaluate/experiment/describe-pair.js';
import { compareAccuracy } from '../../../src/foundation/statistics/paired-comparison.js';
import type { PairedOutcomes } from '../../../src/foundation/statistics/paired-table.js';
import { rowsNeeded } from '../../../src/foundation/statistics/rows-needed.js';
import { type ComparedPair, jointFamily, loneComparison } from '../../../src/foundation/statistics/simultaneous.js';

const independent = (size: number) =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)));

function allPairs(size: number) {
  const pairs = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size - i - 1 }, (__, k): ComparedPair => [i, i + 1 + k]),
  );
  return jointFamily(independent(size), pairs.flat());
}

function sentenceOf(outcomes: PairedOutcomes, family = loneComparison()) {
  const compared = { outcomes, accuracy: compareAccuracy(outcomes, family) };
  return describePair(['a', 'b'], compared, { comparisons: family.size });
}

describe('the sentence about two of several variants', () => {
  // Of 90 rows 14 are right in a alone and 4 in b alone.
  const outcomes = { bothRight: 56, onlyFirst: 14, onlySecond: 4, bothWrong: 16 };

  it('claims a difference where the two are compared alone, with an interval that excludes 0', () => {
    expect(sentenceOf(outcomes)).toBe('a beats b by 11.1 points (95 % 2.1 to 20.9, p = 0.019)');
  });

  it('claims none among six pairs, with an interval that includes 0', () => {
    expect(sentenceOf(outcomes, allPairs(4))).toMatch(
      /^a and b: no difference can be claimed \(11\.1 points for a, 95 % −1\.\d to 24\.\d, p = 0\.0\d+ after correction\); about /,
    );
  });
});

describe('the rows that a sentence says are needed', () => {
  // Two variants that differ on 15 of 100 rows.
  const outcomes = { bothRight: 80, onlyFirst: 8, onlySecond: 7, bothWrong: 5 };
  const rangeOf = (sentence: string) =>
    (/about ([\d,]+) to ([\d,]+) rows would be needed to see one of 3 points$/.exec(sentence) ?? [])
      .slice(1)
      .map((text) => Number(text.replaceAll(',', '')));

  it.each([
    [2, 1_372],
    [4, 2_082],
    [20, 3_424],
  ])('are a range around those at the level of one of all pairs: %s variants, %s rows', (variants, needed) => {
    const family = variants === 2 ? loneComparison() : allPairs(variants);
    expect(rowsNeeded(0.03, 0.15, { alpha: family.alpha / family.size })).toBe(needed);
    const [fewest = 0, most = 0] = rangeOf(sentenceOf(outcomes, family));
    expect(fewest).toBeGreaterThan(needed / 2);
    expect(fewest).toBeLessThan(needed);
    expect(most).toBeGreaterThan(needed);
    expect(most).toBeLessThan(2 * needed);
  });

  it('promise nothing after the fact: only the interval excludes a difference', () => {
    // 2,000 rows are more than the 1,372 that would find 3 points in 80 % of the cases.
    const wide = { bothRight: 1_600, onlyFirst: 165, onlySecond: 135, bothWrong: 100 };
    expect(sentenceOf(wide)).toMatch(/; a difference of 3 points is not excluded$/);
    const narrow = { bothRight: 1_600, onlyFirst: 150, onlySecond: 150, bothWrong: 100 };
    expect(sentenceOf(narrow)).toMatch(/; a difference of 3 points is excluded$/);
  });
});
