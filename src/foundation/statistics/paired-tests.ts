import { normalTail } from './normal-tail.js';
import type { PairedOutcomes } from './paired-table.js';
import {
  defaultConfidence,
  type Interval,
  type IntervalOptions,
  normalQuantile,
  requireCount,
  requireShare,
  wilsonInterval,
} from './proportions.js';

/** log(n! ÷ (√(2πn) · (n ÷ e)ⁿ)), the remainder of Stirling's formula, for n of at least 1; within 1e-15. */
function stirlingError(n: number): number {
  if (n <= 15) {
    let factorial = 1;
    for (let i = 2; i <= n; i += 1) factorial *= i;
    return Math.log(factorial) - (0.5 * Math.log(2 * Math.PI * n) + n * Math.log(n) - n);
  }
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1_260 - (1 / 1_680 - 1 / 1_188 / square) / square) / square) / square) / n;
}

/**
 * log(C(n, k) · 2⁻ⁿ), without the cancellation of differences of log-gamma (C. Loader, "Fast and accurate computation of
 * binomial probabilities", 2000), for 0 ≤ k ≤ n and n ≥ 1.
 */
function logHalfBinomial(n: number, k: number): number {
  if (k === 0 || k === n) return -n * Math.LN2;
  const rest = n - k;
  const lean = (rest - k) / n;
  const deviance = k * Math.log1p(-lean) + rest * Math.log1p(lean);
  const errors = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  return errors - deviance + 0.5 * Math.log(n / (2 * Math.PI * k * rest));
}

/** A term that is smaller than this share of the sum so far does not change it, nor do those after it together. */
const negligible = 1e-18;

/**
 * The two-sided exact p-value of McNemar's test on the discordant pairs: min(1, 2 · Σ C(n, i) · 2⁻ⁿ for i from 0 to
 * min(b, c)), n = b + c (Q. McNemar, Psychometrika 12, 1947; A. Agresti, "Categorical Data Analysis", section 11.1).
 * Within 1e-9 of the true value for n up to 10⁶, in time that grows with √n.
 * @param b pairs that only the first classifier got right
 * @param c pairs that only the second got right
 *
 * @example
 * exactMcNemar(2, 10); // 0.0386
 */
export function exactMcNemar(b: number, c: number): number {
  requireCount('b', b);
  requireCount('c', c);
  const n = b + c;
  const fewer = Math.min(b, c);
  // Both tails meet here, and rounding must not leave less than 1.
  if (n - 2 * fewer <= 1) return 1;
  let term = 1;
  let sum = 1;
  for (let i = fewer; i > 0 && term > negligible * sum; i -= 1) {
    term *= i / (n - i + 1);
    sum += term;
  }
  return Math.min(1, 2 * Math.exp(logHalfBinomial(n, fewer) + Math.log(sum)));
}

/**
 * The two-sided mid-p-value of McNemar's test: the exact one, less the probability of the observed split (M. W. Fagerland, S.
 * Lydersen and P. Laake, BMC Medical Research Methodology 13:91, 2013). It keeps its level where the exact test stays far
 * below it.
 */
export function midPMcNemar(b: number, c: number): number {
  const exact = exactMcNemar(b, c);
  if (b === c) return 1;
  return exact - Math.exp(logHalfBinomial(b + c, Math.min(b, c)));
}

/**
 * The two-sided p-value of McNemar's test that never contradicts Tango's interval: the mid-p-value, or that of the score
 * (b − c) ÷ √(b + c), which the interval inverts, where that is larger.
 */
export function mcNemar(b: number, c: number): number {
  const midP = midPMcNemar(b, c);
  return b === c ? midP : Math.max(midP, 2 * normalTail(Math.abs(b - c) / Math.sqrt(b + c)));
}

/** Halvings of the range −1 to 1: the ends are then as exact as numbers are. */
const halvings = 60;

/**
 * The score interval of the difference of two proportions on the same rows, first − second (T. Tango, Statistics in
 * Medicine 17, 1998): all differences that the score test does not exclude. Tested against no difference, the score is
 * McNemar's z. Of no rows it is −1 to 1.
 */
export function tangoInterval(outcomes: PairedOutcomes, options: IntervalOptions = {}): Interval {
  const { confidence = defaultConfidence } = options;
  for (const [name, count] of Object.entries(outcomes)) requireCount(name, count);
  requireShare('confidence', confidence);
  const { bothRight, onlyFirst, onlySecond, bothWrong } = outcomes;
  const rows = bothRight + onlyFirst + onlySecond + bothWrong;
  if (rows === 0) return { lower: -1, upper: 1 };
  const z = normalQuantile((1 + confidence) / 2);
  return {
    lower: 0 - upperEnd(onlySecond, onlyFirst, rows, z),
    upper: upperEnd(onlyFirst, onlySecond, rows, z),
  };
}

/** The largest difference whose score is not below −z, by halving: the score falls as the difference grows. */
function upperEnd(b: number, c: number, rows: number, z: number): number {
  let inside = (b - c) / rows;
  let outside = 1;
  for (let i = 0; i < halvings; i += 1) {
    const middle = (inside + outside) / 2;
    if (isInside(b, c, rows, middle, z)) inside = middle;
    else outside = middle;
  }
  return inside;
}

function isInside(b: number, c: number, rows: number, difference: number, z: number): boolean {
  // The share of rows that only the second gets right, at its likeliest under this difference.
  const linear = -b - c + (2 * rows - b + c) * difference;
  const constant = -c * difference * (1 - difference);
  const onlySecond = (Math.sqrt(linear * linear - 8 * rows * constant) - linear) / (4 * rows);
  const variance = rows * (2 * onlySecond + difference * (1 - difference));
  return rows * difference - (b - c) <= z * Math.sqrt(Math.max(0, variance));
}

/** How many times as often the first alone is right as the second alone. */
export interface DiscordantOdds {
  /** Only the first right ÷ only the second right: Infinity where the second never was, null if neither was. */
  readonly ratio: number | null;
  /** From 0 to Infinity. */
  readonly interval: Interval;
}

/**
 * The conditional odds ratio of matched pairs, with the transformed Wilson score interval (M. W. Fagerland, S. Lydersen and
 * P. Laake, Statistics in Medicine 33, 2014).
 */
export function discordantOdds(onlyFirst: number, onlySecond: number, options: IntervalOptions = {}): DiscordantOdds {
  const { lower, upper } = wilsonInterval(onlyFirst, onlyFirst + onlySecond, options);
  return {
    ratio: onlyFirst + onlySecond === 0 ? null : onlyFirst / onlySecond,
    interval: { lower: lower / (1 - lower), upper: upper / (1 - upper) },
  };
}
