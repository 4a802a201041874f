import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fitTemperature,
  negativeLogLikelihood,
  temperShares,
} from '../../../src/classify/calibration/temperature-scaling.js';
import { rowsShownAt } from './rows.js';

const row = fc
  .record({
    weights: fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
    answered: fc.nat(2),
    expected: fc.nat(2),
  })
  .map(({ weights, ...labels }) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { shares: weights.map((weight) => weight / total), ...labels };
  });
const rows = fc.array(row, { minLength: 1, maxLength: 30 });

describe('the fitted temperature', () => {
  test.each([0.5, 0.8, 1, 1.7, 4])('undoes a temperature of %d', (temperature) => {
    expect(fitTemperature(rowsShownAt(temperature))).toBeCloseTo(1 / temperature, 2);
  });

  test('no other one makes the right labels likelier', () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.05, max: 20, noNaN: true }), (given, other) => {
        const fitted = negativeLogLikelihood(given, fitTemperature(given));
        expect(fitted).toBeLessThanOrEqual(negativeLogLikelihood(given, other) + 1e-6);
      }),
    );
  });

  test('neither the order of the rows counts, nor that of the labels, nor that they come twice', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const fitted = Math.log(fitTemperature(given));
        const renamed = given.map(({ shares, answered, expected }) => ({
          shares: shares.toReversed(),
          answered: 2 - answered,
          expected: 2 - expected,
        }));
        for (const same of [given.toReversed(), renamed, [...given, ...given]]) {
          expect(negativeLogLikelihood(given, fitTemperature(same))).toBeCloseTo(
            negativeLogLikelihood(given, Math.exp(fitted)),
            6,
          );
        }
      }),
    );
  });

  test('where all answers are right, the least one is the best', () => {
    const right = rowsShownAt(1, 10).map((one) => ({ ...one, expected: one.answered }));
    expect(fitTemperature(right)).toBeCloseTo(0.05, 4);
  });

  test('where the surest are the wrong ones, the greatest is the best', () => {
    const wrong = rowsShownAt(1, 10).map((one) => ({ ...one, expected: 1 - one.answered }));
    expect(fitTemperature(wrong)).toBeCloseTo(20, 2);
  });

  test('the likelihood, by hand', () => {
    const shares = [0.8, 0.2];
    const given = [0, 0, 1].map((expected) => ({ shares, answered: 0, expected }));
    expect(negativeLogLikelihood(given, 1)).toBeCloseTo(-(2 * Math.log(0.8) + Math.log(0.2)) / 3, 12);
  });
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Shares of two to five labels, some mass of which may be missing. */
const shares = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 6 })
  .map((weights) => weights.map((weight) => weight + 1e-6))
  .map((weights) => weights.slice(1).map((weight) => weight / sum(weights)));
const temperature = fc.double({ min: 0.05, max: 20, noNaN: true });

describe('tempered shares', () => {
  test.each([
    // By hand: 0.8² ÷ (0.8² + 0.2²), √0.8 ÷ (√0.8 + √0.2), and with a quarter that decides for no label.
    [[0.8, 0.2], 0.5, [0.64 / 0.68, 0.04 / 0.68]],
    [[0.8, 0.2], 2, [2 / 3, 1 / 3]],
    [[0.8, 0.2], 1, [0.8, 0.2]],
    [[0.5, 0.25], 1, [0.5, 0.25]],
    [[0.5, 0.25], 0.5, [0.25 / 0.375, 0.0625 / 0.375]],
    [[0.25, 0.25, 0.25, 0.25], 7, [0.25, 0.25, 0.25, 0.25]],
  ])('%j at %d', (given, at, expected) => {
    for (const [index, share] of temperShares(given, at).entries())
      expect(share).toBeCloseTo(expected[index] ?? -1, 12);
  });

  test('a label that was not shown is as likely as one in ten thousand', () => {
    expect(temperShares([1, 0], 1)[1]).toBeCloseTo(1e-4, 7);
    expect(temperShares([1, 0], 2)[1]).toBeCloseTo(0.01 / 1.01, 9);
  });

  test('they are 0 to 1, at most 1 together, and nothing is missing where nothing was', () => {
    fc.assert(
      fc.property(shares, temperature, (given, at) => {
        const tempered = temperShares(given, at);
        for (const share of tempered) expect(share >= 0 && share <= 1).toBe(true);
        expect(sum(tempered)).toBeLessThanOrEqual(1 + 1e-9);
        const whole = given.map((share) => share / sum(given));
        expect(sum(temperShares(whole, at))).toBeCloseTo(1, 9);
      }),
    );
  });

  test('their order stays', () => {
    fc.assert(
      fc.property(shares, temperature, (given, at) => {
        const tempered = temperShares(given, at);
        for (const [a, one] of given.entries()) {
          for (const [b, other] of given.entries()) {
            if (one <= other) expect(tempered[a] ?? 0).toBeLessThanOrEqual((tempered[b] ?? 0) + 1e-12);
          }
        }
      }),
    );
  });

  test('a temperature of 1 changes nothing, or what was not shown', () => {
    fc.assert(
      fc.property(shares, (given) => {
        for (const [index, share] of temperShares(given, 1).entries()) {
          expect(Math.abs(share - (given[index] ?? 0))).toBeLessThan(given.length * 1e-4);
        }
      }),
    );
  });
});
