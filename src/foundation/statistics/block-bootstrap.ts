import { InvalidOptionError } from '../errors/chorale-error.js';
import { normalTail } from './normal-tail.js';
import { type Interval, normalQuantile, requireShare } from './proportions.js';
import { seededRandom } from './random-variates.js';

/** With fewer blocks there is no interval: its ends would be the extremes of the few blocks. */
export const fewestBlocks = 5;

export interface BlockBootstrapOptions {
  /** @default 0.95 */
  readonly confidence?: number;
  /** Number of samples. @default 10000 */
  readonly resamples?: number;
  /** @default 1 */
  readonly seed?: number;
}

/** A metric of all blocks together, in which each block counts as often as its weight says. */
export type BlockMetric = (weights: Uint32Array) => number;

/**
 * Bootstrap intervals of metrics that are measured in blocks: a sample takes as many blocks as there are, with replacement.
 * Values within a block are not independent, so that whole blocks are drawn. Plain percentiles are too narrow for few
 * blocks; their levels are those of Student's distribution instead (T. Hesterberg, "What Teachers Should Know About the
 * Bootstrap", American Statistician 69, 2015, the expanded percentile interval).
 * @param count of the blocks
 * @returns an interval for each metric; undefined with fewer than five blocks
 */
export function blockIntervals(
  count: number,
  metrics: readonly BlockMetric[],
  { confidence = 0.95, resamples = 10_000, seed = 1 }: BlockBootstrapOptions = {},
): readonly Interval[] | undefined {
  requireShare('confidence', confidence);
  if (count < fewestBlocks) return undefined;
  const random = seededRandom(seed);
  const weights = new Uint32Array(count);
  const samples = metrics.map(() => new Float64Array(resamples));
  for (let drawn = 0; drawn < resamples; drawn += 1) {
    weights.fill(0);
    for (let block = 0; block < count; block += 1) {
      const chosen = Math.floor(random() * count);
      weights[chosen] = (weights[chosen] ?? 0) + 1;
    }
    for (const [index, metric] of metrics.entries()) (samples[index] ?? [])[drawn] = metric(weights);
  }
  const below = expandedTail((1 - confidence) / 2, count);
  return samples.map((values) => {
    values.sort();
    const rank = Math.floor(below * resamples);
    return { lower: values[rank] ?? Number.NaN, upper: values[resamples - 1 - rank] ?? Number.NaN };
  });
}

/** The tail of the bootstrap distribution that corresponds to a tail of Student's distribution. */
function expandedTail(tail: number, count: number): number {
  return normalTail(Math.sqrt(count / (count - 1)) * studentQuantile(2 * tail, count - 1));
}

/**
 * The value that Student's t exceeds in absolute value with this probability, to about 1e-6 (G. W. Hill, algorithm 396,
 * CACM 13, 1970).
 * @param degrees of freedom, at least 1
 */
export function studentQuantile(twoTailed: number, degrees: number): number {
  requireShare('twoTailed', twoTailed);
  if (!(degrees >= 1)) throw new InvalidOptionError('degrees', 'at least 1', degrees);
  if (degrees === 1) return 1 / Math.tan((twoTailed * Math.PI) / 2);
  if (degrees === 2) return Math.sqrt(2 / (twoTailed * (2 - twoTailed)) - 2);
  const a = 1 / (degrees - 0.5);
  const b = 48 / (a * a);
  let c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * degrees;
  let y = (d * twoTailed) ** (2 / degrees);
  if (y > 0.05 + a) {
    const x = normalQuantile(twoTailed / 2);
    y = x * x;
    if (degrees < 5) c += 0.3 * (degrees - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else {
    const inner = 1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4);
    y = ((inner * y - 1) * (degrees + 1)) / (degrees + 2) + 1 / y;
  }
  return Math.sqrt(degrees * y);
}
