import { QuantileSketch } from './quantile-sketch.js';

/** So many different numbers are counted one by one. */
const mostNumbers = 1_000;

/** How numbers are distributed. Null if there are none. */
export interface NumberQuantiles {
  readonly mean: number | null;
  readonly min: number | null;
  readonly p05: number | null;
  readonly p25: number | null;
  readonly p50: number | null;
  readonly p75: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

/**
 * Quantiles of a stream of numbers of either sign, in bounded memory: exact up to 1,000 different numbers, beyond within 1 %
 * of the true value. Count, mean, minimum and maximum are exact.
 */
export class NumberDistribution {
  private exact: Map<number, number> | null = new Map();
  private readonly negative = new QuantileSketch();
  private readonly others = new QuantileSketch();
  private sum = 0;
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;
  count = 0;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
    if (this.exact === null) this.sketch(value);
    else this.exact.set(value, (this.exact.get(value) ?? 0) + 1);
    if (this.exact && this.exact.size > mostNumbers) this.leaveExactness(this.exact);
  }

  quantiles(): NumberQuantiles {
    const [p05, p25, p50, p75, p95] = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) => this.quantile(share));
    const isEmpty = this.count === 0;
    return {
      mean: isEmpty ? null : this.sum / this.count,
      min: isEmpty ? null : this.least,
      p05: p05 ?? null,
      p25: p25 ?? null,
      p50: p50 ?? null,
      p75: p75 ?? null,
      p95: p95 ?? null,
      max: isEmpty ? null : this.most,
    };
  }

  /** The smallest value that at least `share` (0 to 1) of the values do not exceed; null if nothing was added. */
  quantile(share: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.count));
    if (this.exact) return nth(this.exact, rank);
    const { negative, others } = this;
    // Of the negative numbers, the largest magnitude comes first.
    const found =
      rank <= negative.count
        ? -(negative.quantile((negative.count - rank + 1) / negative.count) ?? 0)
        : (others.quantile((rank - negative.count) / others.count) ?? 0);
    return Math.min(this.most, Math.max(this.least, found));
  }

  private sketch(value: number, times = 1): void {
    for (let i = 0; i < times; i += 1) {
      if (value < 0) this.negative.add(-value);
      else this.others.add(value);
    }
  }

  private leaveExactness(exact: ReadonlyMap<number, number>): void {
    for (const [value, count] of exact) this.sketch(value, count);
    this.exact = null;
  }
}

function nth(counts: ReadonlyMap<number, number>, rank: number): number | null {
  let seen = 0;
  for (const [value, count] of [...counts].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= rank) return value;
  }
  return null;
}
