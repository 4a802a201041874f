import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CalibrationRows, fitCalibration, isHeldOut } from '../../../src/classify/calibration/fit-calibration.js';
import { rowsShownAt } from './rows.js';

const about = {
  provider: 'ollama',
  model: 'small',
  prompt: 'mine@0123456789ab',
  labels: ['positive', 'negative'],
  data: 'labelled.csv',
  madeAt: Date.UTC(2026, 0, 2),
};

const underConfident: CalibrationRows = { fitted: rowsShownAt(2, 40), heldOut: rowsShownAt(2, 40) };

describe('a fitted calibration', () => {
  test('says what it is for, what it was fitted on, and how good it is elsewhere', () => {
    const calibration = fitCalibration(underConfident, about);
    expect(calibration).toMatchObject({
      version: 1,
      provider: 'ollama',
      model: 'small',
      prompt: 'mine@0123456789ab',
      labels: ['positive', 'negative'],
      fitted_rows: 160,
      held_out: { rows: 160, accuracy: 0.7625 },
      data: 'labelled.csv',
      created_at: '2026-01-02T00:00:00.000Z',
    });
    expect(calibration.temperature).toBeCloseTo(0.5, 2);
    const { expected_calibration_error: error, negative_log_likelihood: cost } = calibration.held_out;
    expect(error.before).toBeGreaterThan(0.1);
    expect(error.after).toBeLessThan(0.01);
    expect(cost.after).toBeLessThan(cost.before);
    const { calibration_error_interval: interval, calibration_error_if_perfect: perfect } = calibration.held_out;
    expect(interval?.before.lower).toBeGreaterThan(0.02);
    expect(error.before).toBeGreaterThan(perfect?.before.upper ?? 1);
    expect(interval?.after.lower).toBe(0);
    expect(error.after).toBeLessThan(perfect?.after.upper ?? 0);
  });

  test('the rows that are held out do not count for the temperature', () => {
    const other = { ...underConfident, heldOut: rowsShownAt(0.3, 40) };
    expect(fitCalibration(other, about).temperature).toBe(fitCalibration(underConfident, about).temperature);
  });

  const all = rowsShownAt(1, 25);
  const right = all.map((row) => ({ ...row, expected: row.answered }));
  test.each<[string, CalibrationRows, RegExp]>([
    ['no rows', { fitted: [], heldOut: [] }, /0 rows .* too few; give 50 at least/],
    ['too few rows', { fitted: all.slice(0, 25), heldOut: all.slice(0, 24) }, /49 rows/],
    [
      'duplicates of few texts',
      { fitted: all.slice(0, 91), heldOut: all.slice(0, 9) },
      /too few different texts .* \(91\) .* \(9\)/,
    ],
    [
      'one label only',
      { fitted: all.filter((row) => row.expected === 1), heldOut: all },
      /the gold label is 'negative' in all rows/,
    ],
    ['no wrong answer', { fitted: right, heldOut: all }, /too few errors \(0 of the 100 rows .* harder ones/],
    [
      'probabilities that say the opposite',
      { fitted: all.map((row) => ({ ...row, expected: 1 - row.answered })), heldOut: all },
      /do not separate right answers .*100 rows/,
    ],
  ])('%s: none', (_, rows, message) => {
    const attempt = () => fitCalibration(rows, about);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: 'CHORALE_CALIBRATION' }));
  });
});

describe('which texts are held out', () => {
  test('about half', () => {
    const texts = Array.from({ length: 2_000 }, (_, index) => `Review ${index}: it works`);
    const heldOut = texts.filter((text) => isHeldOut(text)).length;
    expect(heldOut).toBeGreaterThan(900);
    expect(heldOut).toBeLessThan(1_100);
  });

  test('a text and its copies are on one side', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const side = isHeldOut(text);
        expect(isHeldOut(text)).toBe(side);
        expect(isHeldOut(`  ${text}\n`)).toBe(side);
        expect(isHeldOut(text.toLowerCase().replaceAll(' ', '\t \n'))).toBe(side);
      }),
    );
  });
});
