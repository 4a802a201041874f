import { InvalidOptionError } from '../errors/usage-errors.js';
import { positionsOf, requireLabel } from './confusion-matrix.js';

/** Shares nearer to 0 or 1 than this count as that near, as in scikit-learn: one row costs at most 36. */
const nearest = 2 ** -52;

/** Shares may leave 0 to 1 by rounding. */
const rounding = 1e-9;

/**
 * What the shares of all labels are worth, added up one row at a time. Both figures are proper: only true probabilities
 * make them best. Shares are taken as they are; where they do not sum to 1, the rest counts for no label.
 */
export class ProbabilityScores {
  private readonly positions: ReadonlyMap<string, number>;
  private squares = 0;
  private logs = 0;
  private rows = 0;

  /** @throws InvalidOptionError where there is no label, or one is there twice */
  constructor(labels: readonly string[]) {
    this.positions = positionsOf(labels);
  }

  /**
   * @param shares of the labels, in their order, each 0 to 1
   * @throws InvalidOptionError where `expected` is none of the labels, or the shares are not one from 0 to 1 for each
   */
  add(expected: string, shares: readonly number[]): void {
    const right = requireLabel(this.positions, expected);
    if (shares.length !== this.positions.size || !shares.every((share) => share >= 0 && share <= 1 + rounding)) {
      throw new InvalidOptionError('shares', `${this.positions.size} numbers from 0 to 1`, shares.join(', '));
    }
    this.squares += shares.reduce((sum, share, k) => sum + (share - (k === right ? 1 : 0)) ** 2, 0);
    this.logs -= Math.log(Math.min(1 - nearest, Math.max(nearest, shares[right] ?? 0)));
    this.rows += 1;
  }

  /**
   * The mean over rows of Σ over labels of (share − truth)², truth being 1 or 0 (G. W. Brier, Monthly Weather Review 78,
   * 1950): 0 to 2, and with two labels half of that, so (share of the one − truth)², 0 to 1; `brier_score_loss` of
   * scikit-learn. Null where nothing was added.
   */
  get brierScore(): number | null {
    if (this.rows === 0) return null;
    return (this.squares / this.rows) * (this.positions.size < 3 ? 0.5 : 1);
  }

  /** The mean of −ln(share of the right label), shares held within 2⁻⁵² and 1 − 2⁻⁵². Null where nothing was added. */
  get logLoss(): number | null {
    return this.rows === 0 ? null : this.logs / this.rows;
  }
}
