import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CalibrationErrorEstimate,
  CalibrationErrorTally,
} from '../../../src/foundation/statistics/calibration-error.js';
import { Reliability } from '../../../src/foundation/statistics/probability-scores.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { type ConfidentRow, edgeRows } from '../../classify/calibration/edge-rows.js';

function estimateOf(
  rows: readonly ConfidentRow[],
  options?: { seed?: number; draws?: number },
): CalibrationErrorEstimate {
  const tally = new CalibrationErrorTally();
  for (const row of rows) tally.add(...row);
  const estimate = tally.estimate(options);
  if (!estimate) throw new Error('nothing was added');
  return estimate;
}

/** Rows that are right as often as a rule says. */
function rowsOf(count: number, seed: number, truth: (confidence: number) => number): readonly ConfidentRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const confidence = 0.4 + 0.6 * random();
    return [confidence, random() < truth(confidence)];
  });
}

const perfect = (confidence: number) => confidence;
const overconfident = (confidence: number) => 0.7 * confidence;

describe('the estimate of the expected calibration error', () => {
  it('is null of nothing', () => {
    expect(new CalibrationErrorTally().estimate()).toBeNull();
  });

  it('has the value of the bins, inside its interval', () => {
    const row = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean());
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
        const { value, interval, ifPerfect, ...counted } = estimateOf(rows, { draws: 40 });
        const reliability = new Reliability();
        for (const one of rows) reliability.add(...one);
        expect(value).toBeCloseTo(reliability.expectedCalibrationError ?? -1, 9);
        expect(counted.rows).toBe(rows.length);
        expect(
          [0, interval.lower, value, interval.upper, 1].every(
            (one, at, all) => at === 0 || one >= (all[at - 1] ?? 0) - 1e-12,
          ),
        ).toBe(true);
        expect(ifPerfect.mean).toBeGreaterThanOrEqual(0);
        expect(ifPerfect.upper).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is 0.1826 of the rows with confidences at an edge, with an interval around it', () => {
    const { value, interval, ifPerfect } = estimateOf(edgeRows);
    expect(value).toBeCloseTo(0.1826, 12);
    expect(interval.lower).toBeGreaterThan(0.14);
    expect(interval.upper).toBeLessThan(0.22);
    expect(ifPerfect.upper).toBeLessThan(0.04);
  });

  it('is the same for the same seed, and nearly the same for another', () => {
    const rows = rowsOf(400, 3, overconfident);
    expect(estimateOf(rows, { seed: 5 })).toEqual(estimateOf(rows, { seed: 5 }));
    const [one, other] = [estimateOf(rows, { seed: 5 }), estimateOf(rows, { seed: 6 })];
    expect(one).not.toEqual(other);
    expect(one.interval.lower).toBeCloseTo(other.interval.lower, 2);
    expect(one.interval.upper).toBe(other.interval.upper);
  });

  it('covers the truth in at least 93 of 100 samples', () => {
    const truthOf = (truth: (confidence: number) => number) => {
      const grid = Array.from({ length: 60_000 }, (_, index) => 0.4 + (0.6 * (index + 0.5)) / 60_000);
      // Both are over-confident throughout, or nowhere: the deviations of the bins add up.
      return Math.abs(grid.reduce((sum, confidence) => sum + truth(confidence) - confidence, 0)) / grid.length;
    };
    for (const truth of [perfect, overconfident]) {
      const wanted = truthOf(truth);
      const covered = Array.from({ length: 100 }, (_, seed) => {
        const { lower, upper } = estimateOf(rowsOf(300, seed, truth), { draws: 200 }).interval;
        return lower <= wanted && wanted <= upper;
      });
      expect(covered.filter(Boolean).length).toBeGreaterThanOrEqual(93);
    }
  });
});

describe('what a perfectly calibrated model shows', () => {
  it('is Σ √(2 Σ c(1 − c) ÷ π) ÷ n over bins of many rows', () => {
    const rows = rowsOf(2_000, 11, perfect);
    const expected = Array.from({ length: 10 }, (_, bin) => {
      const inside = rows.filter(([confidence]) => Math.floor(confidence * 10) === bin);
      const variance = inside.reduce((total, [confidence]) => total + confidence * (1 - confidence), 0);
      return Math.sqrt((2 * variance) / Math.PI);
    }).reduce((sum, size) => sum + size);
    expect(estimateOf(rows).ifPerfect.mean).toBeCloseTo(expected / 2_000, 3);
  });

  it('is mostly not exceeded by such a model, and by an overconfident one nearly always', () => {
    const exceedsIn = (truth: (confidence: number) => number) =>
      Array.from({ length: 100 }, (_, seed) => estimateOf(rowsOf(300, seed, truth), { draws: 200 })).filter(
        ({ value, ifPerfect }) => value > ifPerfect.upper,
      ).length;
    expect(exceedsIn(perfect)).toBeLessThanOrEqual(10);
    expect(exceedsIn(overconfident)).toBeGreaterThanOrEqual(95);
  });

  it('is less the more rows there are, and does not depend on the answers', () => {
    const [few, many] = [rowsOf(100, 2, perfect), rowsOf(10_000, 2, perfect)].map(
      (rows) => estimateOf(rows).ifPerfect.mean,
    );
    expect(many).toBeLessThan((few ?? 0) / 5);
    const answers = rowsOf(300, 4, perfect);
    const turned = answers.map(([confidence, isRight]): ConfidentRow => [confidence, !isRight]);
    expect(estimateOf(turned).ifPerfect.mean).toBeCloseTo(estimateOf(answers).ifPerfect.mean, 2);
  });
});
