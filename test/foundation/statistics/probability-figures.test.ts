import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areaUnderRoc,
  ProbabilityScores,
  Reliability,
  riskCoverage,
} from '../../../src/foundation/statistics/probability-scores.js';
import { golden, isNear, labelNames } from './golden.js';

const answers = fc.array(
  fc.record({ confidence: fc.integer({ min: 0, max: 8 }).map((eighth) => eighth / 8), isRight: fc.boolean() }),
  { minLength: 1, maxLength: 40 },
);

describe('the figures of probabilities', () => {
  it('are those of scikit-learn and numpy', () => {
    const wrong = golden.probabilities.flatMap((given, index) => {
      const names = labelNames(given.shares[0]?.length ?? 0);
      const scores = new ProbabilityScores(names);
      const reliability = new Reliability();
      const confident = given.shares.map((shares, row) => {
        scores.add(names[given.expected[row] ?? 0] ?? '', shares);
        const confidence = Math.max(...shares);
        return { confidence, isRight: shares.indexOf(confidence) === given.expected[row] };
      });
      for (const { confidence, isRight } of confident) reliability.add(confidence, isRight);
      const checks: Readonly<Record<string, boolean>> = {
        brier: isNear(scores.brierScore, given.brier),
        logLoss: isNear(scores.logLoss, given.logLoss),
        calibrationError: isNear(reliability.expectedCalibrationError, given.calibrationError),
        areaUnderRisk: isNear(riskCoverage(confident)?.area, given.areaUnderRisk),
        areaUnderRoc: isNear(areaUnderRoc(confident), given.areaUnderRoc),
      };
      return Object.keys(checks).flatMap((name) => (checks[name] ? [] : [`${index}: ${name}`]));
    });
    expect(wrong).toEqual([]);
  });
});

describe('the Brier score and the log loss', () => {
  it('are half the sum of squares for two labels, the whole for more', () => {
    const two = new ProbabilityScores(['a', 'b']);
    two.add('a', [0.7, 0.3]);
    expect(two.brierScore).toBeCloseTo(0.09, 12);
    const three = new ProbabilityScores(['a', 'b', 'c']);
    three.add('a', [0.7, 0.3, 0]);
    expect(three.brierScore).toBeCloseTo(0.18, 12);
  });

  it('stay finite where the right label had no share at all', () => {
    const scores = new ProbabilityScores(['a', 'b']);
    scores.add('a', [0, 1]);
    expect(scores.logLoss).toBeCloseTo(-Math.log(2 ** -52), 9);
    expect(scores.brierScore).toBe(1);
  });

  it('are null without rows, and refuse shares that are none', () => {
    const scores = new ProbabilityScores(['a', 'b']);
    expect([scores.brierScore, scores.logLoss]).toEqual([null, null]);
    expect(() => scores.add('a', [1])).toThrow('option shares must be 2 numbers from 0 to 1');
    expect(() => scores.add('a', [-0.1, 1.1])).toThrow('option shares');
    expect(() => scores.add('a', [Number.NaN, 1])).toThrow('option shares');
    expect(() => scores.add('z', [0.5, 0.5])).toThrow("option expected must be one of the labels (a, b), but is 'z'");
  });
});

describe('a reliability diagram', () => {
  it('has ten bins with their counts, accuracy and mean confidence', () => {
    const reliability = new Reliability();
    reliability.add(0.25, false);
    reliability.add(0.29, true);
    reliability.add(1, true);
    expect(reliability.bins).toHaveLength(10);
    expect(reliability.bins[0]).toEqual({ from: 0, to: 0.1, count: 0, accuracy: null, confidence: null });
    expect(reliability.bins[2]).toEqual({ from: 0.2, to: 0.3, count: 2, accuracy: 0.5, confidence: 0.27 });
    expect(reliability.bins[9]).toMatchObject({ count: 1, accuracy: 1, confidence: 1 });
  });
});

describe('the risk-coverage curve', () => {
  it('tells the share of errors among the surest', () => {
    const found = riskCoverage([
      { confidence: 0.6, isRight: false },
      { confidence: 0.9, isRight: true },
      { confidence: 0.8, isRight: true },
      { confidence: 0.7, isRight: false },
    ]);
    expect(found?.curve).toEqual([
      { coverage: 0.25, risk: 0 },
      { coverage: 0.5, risk: 0 },
      { coverage: 0.75, risk: 1 / 3 },
      { coverage: 1, risk: 0.5 },
    ]);
    expect(found?.area).toBeCloseTo((1 / 3 + 1 / 2) / 4, 12);
  });

  it('has as many points as wanted, and ends at the error of all', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 50 }), (given, points) => {
        const { curve, area } = riskCoverage(given, { points }) ?? { curve: [], area: 9 };
        expect(curve).toHaveLength(Math.min(points, given.length));
        expect(curve.at(-1)?.coverage).toBe(1);
        expect(curve.at(-1)?.risk).toBeCloseTo(given.filter(({ isRight }) => !isRight).length / given.length, 12);
        expect(area).toBeGreaterThanOrEqual(0);
        expect(area).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it('and the area under the ROC curve do not depend on the order of the rows', () => {
    fc.assert(
      fc.property(answers, (given) => {
        expect(riskCoverage(given.toReversed())?.area).toBeCloseTo(riskCoverage(given)?.area ?? 9, 12);
        expect(areaUnderRoc(given.toReversed())).toBe(areaUnderRoc(given));
      }),
    );
  });

  it('is one flat line where all answers are equally sure', () => {
    const flat = [true, false, false, true].map((isRight) => ({ confidence: 0.5, isRight }));
    expect(riskCoverage(flat)).toMatchObject({
      area: 0.5,
      curve: [{ risk: 0.5 }, { risk: 0.5 }, { risk: 0.5 }, { risk: 0.5 }],
    });
    expect(areaUnderRoc(flat)).toBe(0.5);
  });

  it('is nothing without answers, and refuses a confidence that is no number', () => {
    expect(riskCoverage([])).toBeNull();
    expect(areaUnderRoc([{ confidence: 1, isRight: true }])).toBeNull();
    expect(() => riskCoverage([{ confidence: Number.NaN, isRight: true }])).toThrow(
      'option confidence must be a number',
    );
    expect(() => riskCoverage([], { points: 0 })).toThrow('option points must be a whole number of at least 1');
  });
});
