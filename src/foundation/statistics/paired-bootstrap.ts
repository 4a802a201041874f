import { InvalidOptionError } from '../errors/usage-errors.js';
import { defaultConfidence, type Interval, type IntervalOptions, requireShare } from './interval.js';
import { PairedResampler } from './paired-resampler.js';
import type { PairedTable } from './paired-table.js';

export interface BootstrapOptions extends IntervalOptions {
  /** Samples drawn, at least 100. @default 10000 */
  readonly resamples?: number;
}

export interface BootstrapDifference {
  /** First − second, on the rows themselves. */
  readonly difference: number;
  readonly interval: Interval;
  /** Twice the smaller of the shares of samples in which the difference is at most 0, and at least 0. Above 0. */
  readonly pValue: number;
}

export interface PairedBootstrap {
  readonly accuracy: BootstrapDifference;
  /** Of the labels that occur in a sample, expected or answered by that judge; no answer is a wrong one. */
  readonly macroF1: BootstrapDifference;
}

/** Differences below this are rounding. */
const rounding = 1e-12;

/**
 * How far the differences of two judges on the same rows may be chance: rows are drawn with replacement, as many as there
 * are, and both judges are scored on them, again and again (B. Efron and R. Tibshirani, "An Introduction to the
 * Bootstrap", 1993). The interval is that of the percentiles (chapter 13); the p-value is
 * min(1, 2 · min(#{d* ≤ 0} + 1, #{d* ≥ 0} + 1) ÷ (samples + 1)): the largest α whose interval leaves out 0, with one added
 * so that it is never 0 (A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 4.2).
 *
 * Rows of the same cell of the table are exchangeable, so that a sample of rows is a multinomial sample of the cells'
 * counts: what is drawn here is exactly that, in time that does not grow with the rows.
 * @param random gives numbers in [0, 1); the same numbers give the same result
 * @returns null where the table has no row
 * @throws InvalidOptionError where an option is outside its range
 */
export function pairedBootstrap(
  table: PairedTable,
  random: () => number,
  options: BootstrapOptions = {},
): PairedBootstrap | null {
  const { resamples = 10_000, confidence = defaultConfidence } = options;
  if (!(Number.isSafeInteger(resamples) && resamples >= 100)) {
    throw new InvalidOptionError('resamples', 'a whole number of at least 100', resamples);
  }
  requireShare('confidence', confidence);
  if (table.rows === 0) return null;
  const resampler = new PairedResampler(table);
  const observed = resampler.observe();
  const accuracy = new Float64Array(resamples);
  const macroF1 = new Float64Array(resamples);
  for (let i = 0; i < resamples; i += 1) {
    const drawn = resampler.draw(random);
    accuracy[i] = drawn.accuracy;
    macroF1[i] = drawn.macroF1;
  }
  return {
    accuracy: classify(observed.accuracy, accuracy, confidence),
    macroF1: classify(observed.macroF1, macroF1, confidence),
  };
}

function classify(difference: number, drawn: Float64Array, confidence: number): BootstrapDifference {
  drawn.sort();
  let notAbove = 1;
  let notBelow = 1;
  for (const value of drawn) {
    if (value <= rounding) notAbove += 1;
    if (value >= -rounding) notBelow += 1;
  }
  const tail = (1 - confidence) / 2;
  return {
    difference,
    interval: { lower: quantile(drawn, tail), upper: quantile(drawn, 1 - tail) },
    pValue: Math.min(1, (2 * Math.min(notAbove, notBelow)) / (drawn.length + 1)),
  };
}

/** Linear between neighbours, as numpy's default is. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const before = sorted[Math.floor(place)] ?? 0;
  const after = sorted[Math.ceil(place)] ?? before;
  return before + (after - before) * (place - Math.floor(place));
}
