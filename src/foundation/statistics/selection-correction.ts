import { normalTail } from './normal-tail.js';
import {
  defaultConfidence,
  type Interval,
  type IntervalOptions,
  normalQuantile,
  requireShare,
  wilsonInterval,
} from './proportions.js';

/** The metric of the classifier that was selected because it has the highest one. */
export interface SelectedBest {
  /** Position of the selected classifier, the first of equal ones. */
  readonly best: number;
  /** Median unbiased: as often too high as too low. */
  readonly value: number;
  readonly interval: Interval;
}

interface SelectionOptions extends IntervalOptions {
  /** The smallest difference of two estimates, where they are discrete: ties are selected, too. @default 0 */
  readonly step?: number;
  /** Share of the error rate for true values above the interval. @default 0.5 */
  readonly above?: number;
}

/** Share of the error rate that is spent on bounding the interval, as its authors recommend. */
const boundingShare = 0.1;

/** Halvings of the range in which an end lies. */
const halvings = 60;

/**
 * The value of the best of several estimates, corrected for its selection: the hybrid interval of I. Andrews, T. Kitagawa and
 * A. McCloskey, "Inference on Winners", Quarterly Journal of Economics 139, 2024. Given that this one was selected, its
 * estimate is a truncated normal variable; the interval inverts that distribution within a simultaneous interval of a tenth
 * of the error rate. It covers with a probability between 1 − α and (1 − α) ÷ (1 − α ÷ 10), whatever the true values are,
 * where the estimates are normal.
 * @param covariance of the estimates
 * @returns null if the estimates do not vary
 */
export function selectedBest(
  estimates: readonly number[],
  covariance: readonly (readonly number[])[],
  options: SelectionOptions = {},
): SelectedBest | null {
  const { confidence = defaultConfidence, step = 0, above = 0.5 } = options;
  requireShare('confidence', confidence);
  const best = estimates.indexOf(Math.max(...estimates));
  const highest = estimates[best];
  const variance = covariance[best]?.[best] ?? 0;
  if (highest === undefined || variance <= 0) return null;
  const bounding = (1 - confidence) * boundingShare;
  const error = (1 - confidence - bounding) / (1 - bounding);
  const deviation = Math.sqrt(variance);
  const reach = normalQuantile(1 - bounding / 2 / estimates.length);
  const selection = selectionRange(estimates, covariance, best, step);
  const truth = (share: number) => {
    // The probability of a lower estimate falls as the true value grows.
    let [low, high] = [highest - reach * deviation, highest + reach * deviation];
    for (let i = 0; i < halvings; i += 1) {
      const middle = (low + high) / 2;
      if (probabilityBelow(highest, middle, deviation, reach, selection) > share) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return { best, value: truth(0.5), interval: { lower: truth(1 - error * (1 - above)), upper: truth(error * above) } };
}

/** The values of the best estimate with which it is selected, given what is independent of it. */
function selectionRange(
  estimates: readonly number[],
  covariance: readonly (readonly number[])[],
  best: number,
  step: number,
): Interval {
  const highest = estimates[best] ?? 0;
  const variance = covariance[best]?.[best] ?? 0;
  let [lower, upper] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [other, estimate] of estimates.entries()) {
    const slope = (covariance[other]?.[best] ?? 0) / variance;
    if (other === best || Math.abs(1 - slope) < 1e-12) continue;
    // A difference of 0 stands for all below half a step.
    const bound = (estimate - step / 2 - slope * highest) / (1 - slope);
    if (slope < 1) lower = Math.max(lower, bound);
    else upper = Math.min(upper, bound);
  }
  // Rounding must not exclude what was observed.
  return { lower: Math.min(lower, highest), upper: Math.max(upper, highest) };
}

/** Of a normal variable that is truncated to the selection, and to the reach of the simultaneous interval. */
function probabilityBelow(value: number, mean: number, deviation: number, reach: number, selection: Interval): number {
  const from = Math.max(-reach, (selection.lower - mean) / deviation);
  const to = Math.min(reach, (selection.upper - mean) / deviation);
  const at = Math.min(Math.max((value - mean) / deviation, from), to);
  const whole = between(from, to);
  return whole > 0 ? between(from, at) / whole : 0.5;
}

/** The probability of a standard normal variable between two bounds. */
function between(from: number, to: number): number {
  return from > 0 ? normalTail(from) - normalTail(to) : normalTail(-to) - normalTail(-from);
}

/** The transformation of a proportion whose variance hardly depends on it: asin √((x + ⅜) ÷ (n + ¾)). */
const added = { successes: 3 / 8, total: 3 / 4 };

/**
 * Accuracies are discrete: where the others are close, the smallest possible lead is no surprise, and the upper end hardly ever
 * errs. It gets a quarter of the error rate, so that the coverage is about that of the confidence there, too.
 */
const aboveAccuracy = 1 / 4;

function scaleOf(count: number, rows: number): number {
  return Math.asin(Math.sqrt(Math.max(0, (count + added.successes) / (rows + added.total))));
}

/**
 * `selectedBest` for accuracies: on the scale of F. J. Anscombe (Biometrika 35, 1948), on which a proportion is nearly
 * normal with the variance 1 ÷ (4n + 2).
 * @param right correct answers of each classifier to the same rows
 * @param covariance of the accuracies; only the correlations count
 */
export function selectedBestAccuracy(
  right: readonly number[],
  rows: number,
  covariance: readonly (readonly number[])[],
  options: IntervalOptions = {},
): SelectedBest | null {
  if (rows === 0) return null;
  const scaled = right.map((count) => scaleOf(count, rows));
  const variance = 1 / (4 * rows + 2);
  const correlated = covariance.map((line, i) =>
    line.map((value, j) => {
      const spread = Math.sqrt((line[i] ?? 0) * (covariance[j]?.[j] ?? 0));
      return i === j ? variance : spread > 0 ? (variance * value) / spread : 0;
    }),
  );
  const most = Math.max(...right);
  const step = scaleOf(most, rows) - scaleOf(most - 1, rows);
  const found = selectedBest(scaled, correlated, { ...options, step, above: aboveAccuracy });
  if (!found) return null;
  const proportion = (scale: number) => {
    const square = Math.sin(Math.min(Math.max(scale, 0), Math.PI / 2)) ** 2;
    return Math.min(1, Math.max(0, (square * (rows + added.total) - added.successes) / rows));
  };
  // The scale is too narrow near 0 and 1, where Wilson's interval is not; a selection never raises the lower end.
  const usual = wilsonInterval(Math.round(right[found.best] ?? 0), rows, options);
  const lower = Math.min(proportion(found.interval.lower), usual.lower);
  const upper = Math.max(proportion(found.interval.upper), lower);
  return { best: found.best, value: Math.max(lower, proportion(found.value)), interval: { lower, upper } };
}
