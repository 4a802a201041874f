/** Relative error of the quantiles. */
const alpha = 0.01;
const gamma = (1 + alpha) / (1 - alpha);
const logGamma = Math.log(gamma);

/** A sketch as data. */
export interface SketchData {
  readonly zeros: number;
  readonly sum: number;
  readonly largest: number;
  /** Number of values by bucket. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/**
 * Quantiles of a stream of non-negative numbers in bounded memory, within 1 % of the true value (DDSketch: C. Masson,
 * J. E. Rim and H. K. Lee, "DDSketch", PVLDB 12(12), 2019). Count, mean and maximum are exact.
 */
export class QuantileSketch {
  private readonly buckets = new Map<number, number>();
  private zeros = 0;
  private sum = 0;
  private largest = 0;
  count = 0;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    this.largest = Math.max(this.largest, value);
    if (value <= 0) {
      this.zeros += 1;
      return;
    }
    const bucket = Math.ceil(Math.log(value) / logGamma);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  /** As data, for `merge`. */
  toJSON(): SketchData {
    return { zeros: this.zeros, sum: this.sum, largest: this.largest, buckets: [...this.buckets] };
  }

  /** Adds all values of another one. */
  merge({ zeros, sum, largest, buckets }: SketchData): void {
    this.zeros += zeros;
    this.sum += sum;
    this.largest = Math.max(this.largest, largest);
    this.count += zeros;
    for (const [bucket, count] of buckets) {
      this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + count);
      this.count += count;
    }
  }

  /** The arithmetic mean; null if nothing was added. */
  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }

  /** The largest value; null if nothing was added. */
  get max(): number | null {
    return this.count === 0 ? null : this.largest;
  }

  /** The number of values up to a bound and their mean, within 1 %; null if there are none. */
  upTo(bound: number): { readonly count: number; readonly mean: number } | null {
    let count = bound >= 0 ? this.zeros : 0;
    let sum = 0;
    for (const [bucket, values] of this.buckets) {
      const value = Math.min(this.largest, (2 * gamma ** bucket) / (gamma + 1));
      if (value > bound) continue;
      count += values;
      sum += values * value;
    }
    return count === 0 ? null : { count, mean: sum / count };
  }

  /** The smallest value that at least `share` (0 to 1) of the values do not exceed; null if nothing was added. */
  quantile(share: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = this.zeros;
    if (seen >= rank) return 0;
    for (const [bucket, count] of [...this.buckets].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) return Math.min(this.largest, (2 * gamma ** bucket) / (gamma + 1));
    }
    return this.largest;
  }
}
