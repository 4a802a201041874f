import { defaultConfidence, type Interval, type IntervalOptions, requireShare } from './interval.js';
import { normalQuantile } from './normal-quantile.js';
import type { PairedOutcomes } from './paired-table.js';
import { requireCount } from './require-count.js';

/** Halvings of the range −1 to 1: the ends are then as exact as numbers are. */
const halvings = 60;

/**
 * The score interval of the difference of two shares on the same rows, first − second: all differences that the score
 * test does not exclude (T. Tango, Statistics in Medicine 17, 1998). Tested against no difference, that score is
 * McNemar's z, so interval and test are of one kind; it stays within −1 and 1, has a width also where no pair differs,
 * and covers close to what it promises from a few dozen rows on, where the interval of Wald does not (M. W. Fagerland,
 * S. Lydersen and P. Laake, Statistics in Medicine 33, 2014). Of no rows it is −1 to 1.
 * @throws InvalidOptionError where a count is no whole number of at least 0, or the confidence no share
 *
 * @example
 * tangoInterval({ bothRight: 60, onlyFirst: 20, onlySecond: 10, bothWrong: 10 }); // { lower: -0.008, upper: 0.208 }
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
