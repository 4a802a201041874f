import { InvalidOptionError } from '../errors/common-errors.js';
import type { PairedTable } from './paired-table.js';
import { defaultConfidence, type Interval, type IntervalOptions, requireShare } from './proportions.js';
import { randomBinomial } from './random-variates.js';

export interface BootstrapOptions extends IntervalOptions {
  /** Samples drawn, at least 100. @default 10000 */
  readonly resamples?: number;
}

interface BootstrapDifference {
  /** First − second, on the rows themselves. */
  readonly difference: number;
  readonly interval: Interval;
  /** Twice the smaller of the shares of samples in which the difference is at most 0, and at least 0. Above 0. */
  readonly pValue: number;
}

interface PairedBootstrap {
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

/** First − second. */
interface Differences {
  readonly accuracy: number;
  readonly macroF1: number;
}

/** Draws samples of a table's rows and scores two judges on each: the inner loop of the bootstrap. */
class PairedResampler {
  private readonly rows: number;
  /** By cell, largest first, so that most draws are over early. */
  private readonly counts: readonly number[];
  private readonly expected: readonly number[];
  private readonly first: Judge;
  private readonly second: Judge;
  private readonly support: Float64Array;

  constructor(table: PairedTable) {
    const cells = [...table.cells()].sort((a, b) => b.count - a.count);
    const position = (label: string | null) => (label === null ? table.labels.length : table.labels.indexOf(label));
    this.rows = table.rows;
    this.counts = cells.map(({ count }) => count);
    this.expected = cells.map(({ expected }) => position(expected));
    const size = table.labels.length;
    this.first = new Judge(
      cells.map(({ first }) => position(first)),
      size,
    );
    this.second = new Judge(
      cells.map(({ second }) => position(second)),
      size,
    );
    this.support = new Float64Array(size);
  }

  /** The differences on the table's own rows. */
  observe(): Differences {
    this.clear();
    for (let cell = 0; cell < this.counts.length; cell += 1) this.count(cell, this.counts[cell] ?? 0);
    return this.differences();
  }

  /**
   * The differences on as many rows, drawn with replacement: the counts of the cells are multinomial, each one binomial
   * among the rows and the cells that are left (L. Devroye, "Non-Uniform Random Variate Generation", 1986, section XI.1.4).
   */
  draw(random: () => number): Differences {
    this.clear();
    let rowsLeft = this.rows;
    let weightLeft = this.rows;
    for (let cell = 0; cell < this.counts.length && rowsLeft > 0; cell += 1) {
      const weight = this.counts[cell] ?? 0;
      const drawn = randomBinomial(rowsLeft, weight / weightLeft, random);
      this.count(cell, drawn);
      rowsLeft -= drawn;
      weightLeft -= weight;
    }
    return this.differences();
  }

  private clear(): void {
    this.support.fill(0);
    this.first.clear();
    this.second.clear();
  }

  private count(cell: number, rows: number): void {
    if (rows === 0) return;
    const expected = this.expected[cell] ?? 0;
    this.support[expected] = (this.support[expected] ?? 0) + rows;
    this.first.count(cell, expected, rows);
    this.second.count(cell, expected, rows);
  }

  private differences(): Differences {
    return {
      accuracy: (this.first.right - this.second.right) / this.rows,
      macroF1: this.first.macroF1(this.support) - this.second.macroF1(this.support),
    };
  }
}

/** One judge's counts in the sample that is being drawn. */
class Judge {
  right = 0;
  private readonly hits: Float64Array;
  private readonly predicted: Float64Array;

  /** @param answers positions among the labels, by cell; one past the last for no answer */
  constructor(
    private readonly answers: readonly number[],
    size: number,
  ) {
    this.hits = new Float64Array(size);
    this.predicted = new Float64Array(size + 1);
  }

  clear(): void {
    this.right = 0;
    this.hits.fill(0);
    this.predicted.fill(0);
  }

  count(cell: number, expected: number, rows: number): void {
    const answer = this.answers[cell] ?? 0;
    this.predicted[answer] = (this.predicted[answer] ?? 0) + rows;
    if (answer !== expected) return;
    this.right += rows;
    this.hits[answer] = (this.hits[answer] ?? 0) + rows;
  }

  macroF1(support: Float64Array): number {
    let sum = 0;
    let occurring = 0;
    for (let label = 0; label < support.length; label += 1) {
      const both = (support[label] ?? 0) + (this.predicted[label] ?? 0);
      if (both === 0) continue;
      occurring += 1;
      sum += (2 * (this.hits[label] ?? 0)) / both;
    }
    return sum / occurring;
  }
}
