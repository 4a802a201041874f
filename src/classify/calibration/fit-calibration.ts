import { createHash } from 'node:crypto';
import { type CalibrationErrorEstimate, CalibrationErrorTally } from '../../foundation/statistics/calibration-error.js';
import { withoutRoundingError } from '../../foundation/statistics/probability-scores.js';
import { type Calibration, CalibrationError, type CalibrationTarget } from './calibration.js';
import {
  type ClassifiedRow,
  fitTemperature,
  negativeLogLikelihood,
  temperatureRange,
  temperShares,
} from './temperature-scaling.js';

/** Fewer rows determine a temperature badly, and its error not at all. */
const least = { rows: 50, rowsOfHalf: 10 };

/** A temperature nearer to its bound than this factor is at it. */
const boundFactor = 1.001;

/** Classified rows in two halves: to fit on, and to measure on. */
export interface CalibrationRows {
  readonly fitted: readonly ClassifiedRow[];
  readonly heldOut: readonly ClassifiedRow[];
}

/**
 * Fits a temperature on one half of the rows and measures it on the other.
 * @param about what it is for, where the rows came from, and when it was made (milliseconds since the epoch)
 * @throws CalibrationError for too few rows, one label only, and rows that determine no temperature
 */
export function fitCalibration(
  { fitted, heldOut }: CalibrationRows,
  about: CalibrationTarget & { readonly data: string; readonly madeAt: number },
): Calibration {
  checkRows(fitted, heldOut, about.labels);
  const temperature = fitTemperature(fitted);
  checkTemperature(temperature, fitted);
  const { provider, model, prompt, labels } = about;
  const before = calibrationErrorOf(heldOut, ({ shares }) => shares);
  const after = calibrationErrorOf(heldOut, ({ shares }) => temperShares(shares, temperature));
  return {
    version: 1,
    provider,
    model,
    prompt,
    labels: [...labels],
    temperature,
    fitted_rows: fitted.length,
    held_out: {
      rows: heldOut.length,
      accuracy: heldOut.filter(isRight).length / heldOut.length,
      expected_calibration_error: { before: before.value, after: after.value },
      calibration_error_interval: { before: before.interval, after: after.interval },
      calibration_error_if_perfect: { before: before.ifPerfect, after: after.ifPerfect },
      negative_log_likelihood: {
        before: negativeLogLikelihood(heldOut, 1),
        after: negativeLogLikelihood(heldOut, temperature),
      },
    },
    data: about.data,
    created_at: new Date(about.madeAt).toISOString(),
  };
}

function checkRows(
  fitted: readonly ClassifiedRow[],
  heldOut: readonly ClassifiedRow[],
  labels: readonly string[],
): void {
  const count = fitted.length + heldOut.length;
  if (count < least.rows) {
    throw new CalibrationError(
      `${count} rows with a gold label and a confidence are too few`,
      `give ${least.rows} at least, better some hundreds`,
    );
  }
  if (Math.min(fitted.length, heldOut.length) < least.rowsOfHalf) {
    throw new CalibrationError(
      `the rows have too few different texts to fit on one half (${fitted.length}) and measure on the other (${heldOut.length})`,
      'give more different texts',
    );
  }
  const [first] = fitted;
  if (first && fitted.every(({ expected }) => expected === first.expected)) {
    const label = labels[first.expected] ?? '';
    throw new CalibrationError(`the gold label is '${label}' in all rows used for fitting`, 'give rows of every label');
  }
}

function checkTemperature(temperature: number, fitted: readonly ClassifiedRow[]): void {
  if (temperature < temperatureRange.least * boundFactor) {
    const wrong = fitted.filter((row) => !isRight(row)).length;
    throw new CalibrationError(
      `too few errors (${wrong} of the ${fitted.length} rows used for fitting)`,
      'give more rows, harder ones among them',
    );
  }
  if (temperature > temperatureRange.most / boundFactor) {
    throw new CalibrationError(
      `the probabilities do not separate right answers from wrong ones (${fitted.length} rows used for fitting)`,
      ['check ', { option: 'label' }, ' and ', { option: 'map' }, ', or choose another prompt or model'],
    );
  }
}

function calibrationErrorOf(
  rows: readonly ClassifiedRow[],
  sharesOf: (row: ClassifiedRow) => readonly number[],
): CalibrationErrorEstimate {
  const error = new CalibrationErrorTally();
  for (const row of rows) error.add(withoutRoundingError(sharesOf(row)[row.answered] ?? 0), isRight(row));
  return error.estimate() ?? nothingMeasured;
}

const nothingMeasured: CalibrationErrorEstimate = {
  rows: 0,
  value: 0,
  interval: { lower: 0, upper: 1 },
  ifPerfect: { mean: 0, upper: 0 },
};

function isRight({ answered, expected }: ClassifiedRow): boolean {
  return answered === expected;
}

/** Whether a text is for measuring, not for fitting: about half of all texts, by content, so that duplicates stay together. */
export function isHeldOut(text: string): boolean {
  return ((createHash('sha256').update(contentOf(text)).digest()[0] ?? 0) & 1) === 1;
}

/** What duplicates of a text have in common that differ in case and spacing only. */
export function contentOf(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
