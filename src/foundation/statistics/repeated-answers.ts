import { InvalidOptionError } from '../errors/chorale-error.js';

/** Variance of the mean accuracy over all rows and repeats: where it comes from. */
export interface AccuracyVariance {
  /** Its square root is the standard error of the accuracy. */
  readonly total: number;
  /** From the choice of rows: only more rows make it smaller. */
  readonly sampling: number;
  /** From answers that change between repeats: more repeats, or temperature 0, make it smaller. */
  readonly model: number;
}

/** Counts rows that were answered several times, one row at a time, in memory that does not grow. */
export class RepeatedAnswers {
  /** `rightTimes[c]`: rows that were answered right c times. */
  readonly rightTimes: readonly number[];
  private readonly times: number[];
  private counted = 0;
  private unsteady = 0;

  /** @param repeats calls per row, at least 2 */
  constructor(private readonly repeats: number) {
    if (!(Number.isSafeInteger(repeats) && repeats >= 2)) {
      throw new InvalidOptionError('repeats', 'a whole number of at least 2', repeats);
    }
    this.times = Array.from({ length: repeats + 1 }, () => 0);
    this.rightTimes = this.times;
  }

  /** @param answers one per repeat; null for none, which is a wrong answer and differs from all others */
  add(expected: string, answers: readonly (string | null)[]): void {
    if (answers.length !== this.repeats) {
      throw new InvalidOptionError('answers', `one per repeat (${this.repeats})`, answers.length);
    }
    const right = answers.filter((answer) => answer === expected).length;
    this.times[right] = (this.times[right] ?? 0) + 1;
    this.counted += 1;
    if (answers.some((answer) => answer !== answers[0])) this.unsteady += 1;
  }

  /** Rows counted. */
  get rows(): number {
    return this.counted;
  }

  /** Rows whose answers are not all the same. */
  get changed(): number {
    return this.unsteady;
  }

  /** Share of rows whose answers are not all the same; null if there is no row. */
  get changedShare(): number | null {
    return this.counted === 0 ? null : this.unsteady / this.counted;
  }

  /** Right answers ÷ all answers; null if there is no row. */
  get accuracy(): number | null {
    return this.mean((share) => share);
  }

  /**
   * The estimators of the one-way random model by analysis of variance (S. R. Searle, G. Casella and C. E. McCulloch,
   * "Variance Components", 1992, chapter 3; E. Miller, arXiv 2411.00640, 2024). Null if there are fewer than two rows.
   */
  get variance(): AccuracyVariance | null {
    const accuracy = this.accuracy;
    if (accuracy === null || this.counted < 2) return null;
    const between = this.mean((share) => (share - accuracy) ** 2) ?? 0;
    const within = this.mean((share) => share * (1 - share)) ?? 0;
    const total = between / (this.counted - 1);
    const model = within / ((this.repeats - 1) * this.counted);
    return { total, sampling: Math.max(0, total - model), model };
  }

  /**
   * pass^k: the probability that k repeats of a row are all correct, the mean over rows of C(right, k) ÷ C(repeats, k)
   * (S. Yao, N. Shinn, P. Razavi and K. Narasimhan, "τ-bench", arXiv 2406.12045, 2024). Null if there is no row.
   */
  passAll(k: number): number | null {
    if (!(Number.isSafeInteger(k) && k >= 1 && k <= this.repeats)) {
      throw new InvalidOptionError('k', `a whole number from 1 to ${this.repeats}`, k);
    }
    return this.mean((_, right) => {
      let probability = 1;
      for (let i = 0; i < k; i += 1) probability *= Math.max(0, right - i) / (this.repeats - i);
      return probability;
    });
  }

  private mean(value: (share: number, right: number) => number): number | null {
    if (this.counted === 0) return null;
    const sum = this.times.reduce((total, rows, right) => total + rows * value(right / this.repeats, right), 0);
    return sum / this.counted;
  }
}
