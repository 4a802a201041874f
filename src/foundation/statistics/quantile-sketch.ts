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
      const value = this.valueOf(bucket);
      if (value > bound) continue;
      count += values;
      sum += values * value;
    }
    return count === 0 ? null : { count, mean: sum / count };
  }

  /** The number of values above a bound and their sum, within 1 %. @param bound at least 0 */
  above(bound: number): { readonly count: number; readonly sum: number } {
    let count = 0;
    let sum = 0;
    for (const [bucket, values] of this.buckets) {
      const value = this.valueOf(bucket);
      if (value <= bound) continue;
      count += values;
      sum += values * value;
    }
    return { count, sum };
  }

  /** The smallest value that at least `share` (0 to 1) of the values do not exceed; null if nothing was added. */
  quantile(share: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = this.zeros;
    if (seen >= rank) return 0;
    for (const [bucket, count] of [...this.buckets].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) return this.valueOf(bucket);
    }
    return this.largest;
  }

  private valueOf(bucket: number): number {
    return Math.min(this.largest, middleOf(bucket));
  }
}

function middleOf(bucket: number): number {
  return (2 * gamma ** bucket) / (gamma + 1);
}

/**
 * A quantile of the values of several sketches together, each of which counts as often as its weight says. Faster than a
 * merge for each set of weights.
 * @returns 0 if the weighted sketches are empty
 */
export function weightedQuantile(sketches: readonly QuantileSketch[], share: number): (weights: Uint32Array) => number {
  const data = sketches.map((sketch) => sketch.toJSON());
  const buckets = [...new Set(data.flatMap((one) => one.buckets.map(([bucket]) => bucket)))].sort((a, b) => a - b);
  const placeOf = new Map(buckets.map((bucket, place) => [bucket, place]));
  const counts = data.map(({ zeros, buckets: own }) => {
    const row = new Float64Array(buckets.length + 1);
    row[0] = zeros;
    for (const [bucket, count] of own) row[(placeOf.get(bucket) ?? 0) + 1] = count;
    return row;
  });
  const values = [0, ...buckets.map(middleOf)];
  const sums = new Float64Array(values.length);
  return (weights) => {
    sums.fill(0);
    let total = 0;
    for (const [index, row] of counts.entries()) {
      const weight = weights[index] ?? 0;
      if (weight === 0) continue;
      for (let place = 0; place < row.length; place += 1) {
        const count = weight * (row[place] ?? 0);
        sums[place] = (sums[place] ?? 0) + count;
        total += count;
      }
    }
    const rank = Math.max(1, Math.ceil(share * total));
    let seen = 0;
    for (let place = 0; place < sums.length; place += 1) {
      seen += sums[place] ?? 0;
      if (seen >= rank) return values[place] ?? 0;
    }
    return 0;
  };
}
