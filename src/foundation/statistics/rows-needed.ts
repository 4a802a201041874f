import { InvalidOptionError } from '../errors/usage-errors.js';
import { requireShare } from './interval.js';
import { normalQuantile } from './normal-quantile.js';

export interface PowerOptions {
  /** The p-value below which a difference is claimed. @default 0.05 */
  readonly alpha?: number;
  /** The chance to claim a difference that is there. @default 0.8 */
  readonly power?: number;
}

/**
 * How many rows the exact test of McNemar needs to see a difference: the smallest n of at least
 * ((K + √(K² + 4δ)) ÷ 2δ)², K = z(1 − α/2) · √ψ + z(power) · √(ψ − δ²), where ψ is the share of discordant rows and δ the
 * difference. That is the formula of R. J. Connor (Biometrics 43, 1987) with the continuity correction of A. L. Edwards
 * (Psychometrika 13, 1948) taken into the test: the exact test behaves like the corrected one, and Connor's own number,
 * K² ÷ δ², falls short of the power by 1 to 3 points. Where ψ is hardly more than δ, it is up to a quarter too large.
 * @param difference of the shares of right answers, above 0 and at most 1
 * @param discordance share of rows that exactly one of the two gets right, 0 to 1; below the difference it counts as that,
 * since it cannot be less. As observed on few rows it is itself uncertain, and so is the result.
 * @returns a whole number of at least 1
 * @throws InvalidOptionError where a number is outside its range
 *
 * @example
 * rowsNeeded(0.03, 0.15); // 1372
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
