import { normalTail } from './normal-tail.js';
import { defaultConfidence, type Interval, normalQuantile, requireShare } from './proportions.js';
import { seededRandom } from './random-variates.js';

/** Comparisons that are made together, so that a false claim among all of them has a probability of at most `alpha`. */
export interface Family {
  /** Number of comparisons. */
  readonly size: number;
  readonly alpha: number;
  /** Level of each comparison: its interval has the confidence 1 − level, and its own p-value is significant up to here. */
  readonly level: number;
  /** The p-value of one comparison, adjusted: at most `alpha` exactly where the p-value is at most `level`. */
  readonly adjust: (pValue: number) => number;
}

/** A single comparison, whose p-value needs no adjustment. */
export function loneComparison(confidence = defaultConfidence): Family {
  requireShare('confidence', confidence);
  const alpha = 1 - confidence;
  return { size: 1, alpha, level: alpha, adjust: (pValue) => pValue };
}

/** Positions of two classifiers. */
export type ComparedPair = readonly [first: number, second: number];

interface FamilyOptions {
  /** Joint confidence level of all intervals. @default 0.95 */
  readonly confidence?: number;
  /** Samples of the joint distribution. @default 100000 */
  readonly draws?: number;
  /** @default 1 */
  readonly seed?: number;
}

/**
 * The family of several comparisons of metrics that were measured on the same rows, by the single-step max-T method: the
 * largest of all standardised differences is compared with its distribution under no difference, which is that of the
 * largest of correlated normal variables (P. H. Westfall and S. S. Young, "Resampling-Based Multiple Testing", 1993; T.
 * Hothorn, F. Bretz and P. Westfall, Biometrical Journal 50, 2008). One critical value serves all comparisons, so that all
 * intervals hold the true differences at once, and an interval excludes 0 exactly where its test rejects. Adjusted p-values
 * are never above Bonferroni's, and never below the p-value itself.
 * @param covariance of the metrics; only its ratios count
 */
export function jointFamily(
  covariance: readonly (readonly number[])[],
  pairs: readonly ComparedPair[],
  options: FamilyOptions = {},
): Family {
  const { confidence = defaultConfidence, draws = 100_000, seed = 1 } = options;
  if (pairs.length <= 1) return loneComparison(confidence);
  requireShare('confidence', confidence);
  const alpha = 1 - confidence;
  const size = pairs.length;
  const largest = largestOf(covariance, pairs, draws, seededRandom(seed));
  // So many of the largest ones may exceed the critical value.
  const beyond = Math.floor(alpha * (draws + 1)) - 1;
  const critical = largest[Math.max(0, draws - 1 - beyond)] ?? Number.POSITIVE_INFINITY;
  const level = Math.min(alpha, Math.max(alpha / size, 2 * normalTail(critical)));
  return {
    size,
    alpha,
    level,
    adjust(pValue) {
      // No sample reaches so far.
      if (pValue < 1e-300) return size * pValue;
      if (pValue >= 1) return 1;
      const reached = largest.length - firstAtLeast(largest, -normalQuantile(pValue / 2));
      return Math.min(1, size * pValue, Math.max(pValue, (reached + 1) / (draws + 1)));
    },
  };
}

/** Samples of the largest standardised difference, in ascending order. */
function largestOf(
  covariance: readonly (readonly number[])[],
  pairs: readonly ComparedPair[],
  draws: number,
  random: () => number,
): Float64Array {
  const of = (i: number, j: number) => covariance[i]?.[j] ?? 0;
  const factor = choleskyFactor(covariance);
  // Two classifiers whose metrics never differ are never the largest difference.
  const scaled = pairs.flatMap(([first, second]) => {
    const variance = of(first, first) + of(second, second) - 2 * of(first, second);
    const isKnown = variance > 1e-12 * (of(first, first) + of(second, second));
    return isKnown ? [{ first, second, deviation: Math.sqrt(variance) }] : [];
  });
  const independent = new Float64Array(covariance.length);
  const drawn = new Float64Array(covariance.length);
  const largest = new Float64Array(draws);
  for (let i = 0; i < draws; i += 1) {
    for (let k = 0; k < independent.length; k += 1) independent[k] = randomNormal(random);
    for (const [k, row] of factor.entries()) {
      let sum = 0;
      for (let j = 0; j <= k; j += 1) sum += (row[j] ?? 0) * (independent[j] ?? 0);
      drawn[k] = sum;
    }
    let most = 0;
    for (const { first, second, deviation } of scaled) {
      most = Math.max(most, Math.abs((drawn[first] ?? 0) - (drawn[second] ?? 0)) / deviation);
    }
    largest[i] = most;
  }
  return largest.sort();
}

function randomNormal(random: () => number): number {
  return normalQuantile(Math.max(random(), 2 ** -53));
}

/** The lower triangle L with L · Lᵀ = matrix, for a positive semi-definite matrix: a column without a variance is 0. */
function choleskyFactor(matrix: readonly (readonly number[])[]): readonly Float64Array[] {
  const factor = matrix.map(() => new Float64Array(matrix.length));
  for (const [i, row] of matrix.entries()) {
    const own = factor[i];
    if (!own) continue;
    for (let j = 0; j <= i; j += 1) {
      let rest = row[j] ?? 0;
      for (let k = 0; k < j; k += 1) rest -= (own[k] ?? 0) * (factor[j]?.[k] ?? 0);
      const pivot = factor[j]?.[j] ?? 0;
      if (i === j) own[i] = rest > 1e-12 * (row[i] ?? 0) ? Math.sqrt(rest) : 0;
      else own[j] = pivot > 0 ? rest / pivot : 0;
    }
  }
  return factor;
}

/** Position of the first value of at least `bound`, in ascending values. */
function firstAtLeast(sorted: Float64Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The conclusion about one comparison of a family. */
export interface Conclusion {
  /** Simultaneous with those of the other comparisons. Excludes 0 exactly where the difference is significant. */
  readonly interval: Interval;
  /** Of this comparison alone. */
  readonly pValue: number;
  /** Adjusted for the comparisons of the family. */
  readonly adjusted: number;
  readonly significant: boolean;
}

/**
 * A difference is significant where its test rejects and its interval excludes 0. Where only the interval does, it is
 * extended to 0, so that the interval and the conclusion never contradict each other.
 * @param interval at the level of the family
 */
export function conclude(pValue: number, { lower, upper }: Interval, { alpha, adjust }: Family): Conclusion {
  const adjusted = adjust(pValue);
  const significant = adjusted <= alpha && (lower > 0 || upper < 0);
  const interval = significant ? { lower, upper } : { lower: Math.min(0, lower), upper: Math.max(0, upper) };
  return { interval, pValue, adjusted, significant };
}
