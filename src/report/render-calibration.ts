import type { Calibration } from '../classify/calibration/calibration.js';
import { Table } from './table.js';
import { compact, plain } from './table-style.js';

/** The table of a calibration. Plain text without colour, ending in a line break. */
export function renderCalibration(calibration: Calibration, path: string): string {
  const { held_out: measured } = calibration;
  const error = measured.expected_calibration_error;
  const likelihood = measured.negative_log_likelihood;
  const table = new Table({
    head: ['calibration', 'before', 'after'],
    style: plain,
    chars: compact,
    colAligns: ['left', 'right', 'right'],
  });
  table.push(
    ['temperature', '1', calibration.temperature.toFixed(3)],
    ['expected calibration error', error.before.toFixed(4), error.after.toFixed(4)],
    ['negative log-likelihood', likelihood.before.toFixed(4), likelihood.after.toFixed(4)],
  );
  return (
    `${table.toString()}\n` +
    `Fitted on ${calibration.fitted_rows} rows, measured on ${measured.rows} others (accuracy ${measured.accuracy.toFixed(4)}).\n` +
    `Saved for later runs: ${path}\n`
  );
}
