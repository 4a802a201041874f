import { InvalidOptionError } from '../errors/chorale-error.js';
import { type Interval, normalQuantile, requireShare, wilsonInterval } from './proportions.js';

interface PowerOptions {
  /** Level of the test: that of one comparison, where there are several. @default 0.05 */
  readonly alpha?: number;
  /** @default 0.8 */
  readonly power?: number;
}

/**
 * How many rows a test of two classifiers on the same rows needs to detect a difference: the smallest n of at least
 * ((K + √(K² + 4δ)) ÷ 2δ)², K = z(1 − α/2) · √ψ + z(power) · √(ψ − δ²), ψ the discordance and δ the difference: the formula
 * of R. J. Connor (Biometrics 43, 1987) with the continuity correction of A. L. Edwards (Psychometrika 13, 1948).
 * @param difference of the accuracies, above 0 and at most 1
 * @param discordance proportion of rows that exactly one of the two gets right; at least the difference
 */
export function rowsNeeded(difference: number, discordance: number, options: PowerOptions = {}): number {
  const { alpha = 0.05, power = 0.8 } = options;
  if (!(difference > 0 && difference <= 1)) {
    throw new InvalidOptionError('difference', 'above 0 and at most 1', difference);
  }
  if (!(discordance >= 0 && discordance <= 1)) throw new InvalidOptionError('discordance', 'from 0 to 1', discordance);
  requireShare('alpha', alpha);
  requireShare('power', power);
  const spread = Math.max(discordance, difference);
  const reach =
    normalQuantile(1 - alpha / 2) * Math.sqrt(spread) +
    normalQuantile(power) * Math.sqrt(Math.max(0, spread - difference * difference));
  const root = (reach + Math.sqrt(reach * reach + 4 * difference)) / (2 * difference);
  return Math.max(1, Math.ceil(root * root));
}

/**
 * The rows needed at the two ends of the 95 % interval of the discordance. A discordance that was observed on few rows is
 * uncertain, and the rows needed are as uncertain.
 * @param discordant rows that exactly one of the two got right
 * @param rows compared
 */
export function rowsNeededInterval(
  difference: number,
  discordant: number,
  rows: number,
  options: PowerOptions = {},
): Interval {
  const { lower, upper } = wilsonInterval(discordant, rows);
  return {
    lower: rowsNeeded(difference, Math.max(0, lower), options),
    upper: rowsNeeded(difference, Math.min(1, upper), options),
  };
}
