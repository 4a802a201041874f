import { InvalidOptionError } from '../errors/chorale-error.js';
import { cohenKappa } from './classification-scores.js';
import { defaultConfidence, type Interval, type IntervalOptions, requireShare } from './proportions.js';
import { randomBinomial } from './random-variates.js';

/** The labels that annotators gave to one item, as positions; null: this annotator gave none. */
export type ItemLabels = readonly (number | null)[];

/** Items with the same labels. */
interface Pattern {
  readonly labels: ItemLabels;
  readonly count: number;
}

/** A coefficient; null where it is 0 ÷ 0, as where there is one label only. */
type Coefficient = number | null;

/** A coefficient of several annotators, and its interval. */
export interface EstimatedAgreement {
  readonly value: Coefficient;
  /** Null if the coefficient is not defined, or in too many samples is not. */
  readonly interval: Interval | null;
  /** Items that count. */
  readonly items: number;
}

/** `nominal`: labels are equal or not. `ordinal`: labels that are further apart in their order differ more. */
export type LabelScale = 'nominal' | 'ordinal';

interface AgreementOptions extends IntervalOptions {
  /** Samples of the bootstrap. @default 2000 */
  readonly resamples?: number;
}

/**
 * Krippendorff's α: 1 − observed ÷ expected disagreement (K. Krippendorff, "Content Analysis", 2004, chapter 11). Items with
 * fewer than two labels do not count. The interval is the percentile interval over items drawn with replacement.
 * @param size number of labels
 */
export function krippendorffAlpha(
  items: readonly ItemLabels[],
  size: number,
  scale: LabelScale,
  random: () => number,
  options: AgreementOptions = {},
): EstimatedAgreement {
  const pairable = items.filter((labels) => labels.filter((label) => label !== null).length > 1);
  return estimate(pairable, (patterns) => alphaOf(coincidences(patterns, size), scale), random, options);
}

/** How often each label meets each other label within the items, each item with the weight of its labels. */
function coincidences(patterns: readonly Pattern[], size: number): readonly (readonly number[])[] {
  const matrix = square(size);
  for (const { labels, count } of patterns) {
    const given = labels.filter((label) => label !== null);
    for (const [i, one] of given.entries()) {
      for (const [j, other] of given.entries()) {
        if (i !== j) bump(matrix, one, other, count / (given.length - 1));
      }
    }
  }
  return matrix;
}

function alphaOf(matrix: readonly (readonly number[])[], scale: LabelScale): Coefficient {
  const totals = matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
  const all = totals.reduce((sum, count) => sum + count, 0);
  // Rounding may leave a little of what is 0 ÷ 0.
  if (totals.filter((count) => count > 0).length < 2) return null;
  const difference = scale === 'nominal' ? (i: number, j: number) => (i === j ? 0 : 1) : ordinalDifference(totals);
  let observed = 0;
  let expected = 0;
  for (const [i, row] of matrix.entries()) {
    for (const [j, count] of row.entries()) {
      const weight = difference(i, j);
      observed += count * weight;
      expected += (totals[i] ?? 0) * (totals[j] ?? 0) * weight;
    }
  }
  return expected === 0 ? null : 1 - ((all - 1) * observed) / expected;
}

/** The square of the labels between two, half of these two included. */
function ordinalDifference(totals: readonly number[]): (i: number, j: number) => number {
  const below = [0];
  for (const count of totals) below.push((below.at(-1) ?? 0) + count);
  const middle = totals.map((count, label) => (below[label] ?? 0) + count / 2);
  return (i, j) => ((middle[i] ?? 0) - (middle[j] ?? 0)) ** 2;
}

/**
 * Fleiss' κ: the agreement beyond chance of several annotators (J. L. Fleiss, Psychological Bulletin 76, 1971;
 * `fleiss_kappa` of statsmodels). Only items that every annotator labelled count.
 */
export function fleissKappa(
  items: readonly ItemLabels[],
  size: number,
  random: () => number,
  options: AgreementOptions = {},
): EstimatedAgreement {
  return estimate(items.filter(isComplete), (patterns) => fleissOf(patterns, size), random, options);
}

function fleissOf(patterns: readonly Pattern[], size: number): Coefficient {
  const totals = Array.from({ length: size }, () => 0);
  let all = 0;
  let agreed = 0;
  let items = 0;
  for (const { labels, count } of patterns) {
    const counts = new Map<number, number>();
    for (const label of labels) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
    let pairs = 0;
    for (const [label, given] of counts) {
      pairs += given * (given - 1);
      totals[label] = (totals[label] ?? 0) + given * count;
    }
    const raters = labels.length;
    agreed += (count * pairs) / (raters * (raters - 1));
    all += count * raters;
    items += count;
  }
  if (items === 0 || totals.filter((count) => count > 0).length < 2) return null;
  const byChance = totals.reduce((sum, count) => sum + (count / all) ** 2, 0);
  return (agreed / items - byChance) / (1 - byChance);
}

/**
 * Cohen's κ of two annotators (`cohen_kappa_score` of scikit-learn). Only items that both labelled count.
 * @throws InvalidOptionError if an item has not two labels
 */
export function pairKappa(
  items: readonly ItemLabels[],
  size: number,
  random: () => number,
  options: AgreementOptions = {},
): EstimatedAgreement {
  const odd = items.find(({ length }) => length !== 2);
  if (odd) throw new InvalidOptionError('items', 'of two annotators', odd.length);
  return estimate(items.filter(isComplete), (patterns) => cohenOf(patterns, size), random, options);
}

function cohenOf(patterns: readonly Pattern[], size: number): Coefficient {
  const table = square(size);
  for (const { labels, count } of patterns) bump(table, labels[0] ?? 0, labels[1] ?? 0, count);
  return cohenKappa(table);
}

function isComplete(labels: ItemLabels): boolean {
  return labels.every((label) => label !== null);
}

function square(size: number): number[][] {
  return Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
}

function bump(matrix: number[][], i: number, j: number, weight: number): void {
  const row = matrix[i];
  if (row) row[j] = (row[j] ?? 0) + weight;
}

/** The coefficient of the items, and the percentiles of its bootstrap over items. */
function estimate(
  items: readonly ItemLabels[],
  coefficient: (patterns: readonly Pattern[]) => Coefficient,
  random: () => number,
  { confidence = defaultConfidence, resamples = 2_000 }: AgreementOptions,
): EstimatedAgreement {
  requireShare('confidence', confidence);
  const patterns = patternsOf(items);
  const value = coefficient(patterns);
  if (value === null) return { value, interval: null, items: items.length };
  const drawn: number[] = [];
  for (let i = 0; i < resamples; i += 1) {
    const sample = coefficient(resample(patterns, items.length, random));
    if (sample !== null) drawn.push(sample);
  }
  const tail = (1 - confidence) / 2;
  // The percentiles of the rest would not be those of the coefficient.
  const isReliable = resamples - drawn.length <= resamples * tail && drawn.length > 0;
  return { value, interval: isReliable ? percentiles(drawn, tail) : null, items: items.length };
}

function patternsOf(items: readonly ItemLabels[]): readonly Pattern[] {
  const byKey = new Map<string, { readonly labels: ItemLabels; count: number }>();
  for (const labels of items) {
    const pattern = byKey.get(labels.join());
    if (pattern) pattern.count += 1;
    else byKey.set(labels.join(), { labels, count: 1 });
  }
  // The largest first, so that most draws end early.
  return [...byKey.values()].sort((a, b) => b.count - a.count);
}

/** As many items, drawn with replacement: the counts of equal items are multinomial. */
function resample(patterns: readonly Pattern[], items: number, random: () => number): readonly Pattern[] {
  let itemsLeft = items;
  let weightLeft = items;
  return patterns.flatMap(({ labels, count: weight }) => {
    const count = randomBinomial(itemsLeft, weight / weightLeft, random);
    itemsLeft -= count;
    weightLeft -= weight;
    return count === 0 ? [] : [{ labels, count }];
  });
}

/** Linear between neighbours. */
function percentiles(values: readonly number[], tail: number): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const low = sorted[Math.floor(place)] ?? 0;
    return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place % 1);
  };
  return { lower: at(tail), upper: at(1 - tail) };
}
