import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitTemperature, negativeLogLikelihood } from '../../../src/classify/calibration/fit-temperature.js';
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
