import { studentQuantile } from './block-bootstrap.js';
import { type Interval, requireShare } from './proportions.js';

/** A mean with its interval. */
export interface MeanInterval {
  readonly value: number;
  /** Undefined with fewer than two values. */
  readonly interval: Interval | undefined;
}

/**
 * The geometric mean of positive values, and Student's interval of the mean of their logarithms: for rates and ratios of
 * independent repeats, of which there may be as few as two. A bootstrap of so few values would be far too narrow.
 * @param values one at least, all above 0
 */
export function geometricMean(
  values: readonly number[],
  { confidence = 0.95 }: { readonly confidence?: number } = {},
): MeanInterval {
  requireShare('confidence', confidence);
  const logs = values.map(Math.log);
  const count = logs.length;
  const mean = logs.reduce((sum, log) => sum + log, 0) / count;
  const value = Math.exp(mean);
  if (count < 2) return { value, interval: undefined };
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (count - 1);
  const half = studentQuantile(1 - confidence, count - 1) * Math.sqrt(variance / count);
  return { value, interval: { lower: Math.exp(mean - half), upper: Math.exp(mean + half) } };
}
