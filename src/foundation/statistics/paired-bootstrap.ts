import { InvalidOptionError } from '../errors/chorale-error.js';
import { F1Tally } from './classification-scores.js';
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
  readonly pValue: number;
}

interface PairedBootstrap {
  readonly accuracy: BootstrapDifference;
  /** Of the labels that occur in a sample, expected or answered by that classifier; no answer is a wrong one. */
  readonly macroF1: BootstrapDifference;
}

/** Differences below this are rounding. */
const rounding = 1e-12;

/**
 * The bootstrap of two classifiers on the same rows: rows are drawn with replacement, as many as there are, and both are
 * scored on them (B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). The p-value is
 * min(1, 2 · min(#{d* ≤ 0} + 1, #{d* ≥ 0} + 1) ÷ (samples + 1)) (A. C. Davison and D. V. Hinkley, "Bootstrap Methods and
 * their Application", 1997, section 4.2). Rows of one cell of the table are exchangeable, so a sample of rows is a
 * multinomial sample of the cells' counts, in time that does not grow with the rows.
 * @returns null if the table has no row
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
    accuracy: summarise(observed.accuracy, accuracy, confidence),
    macroF1: summarise(observed.macroF1, macroF1, confidence),
  };
}

function summarise(difference: number, drawn: Float64Array, confidence: number): BootstrapDifference {
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

/** Draws samples of a table's rows and scores two classifiers on each: the inner loop of the bootstrap. */
class PairedResampler {
  /** Largest first, so that most draws end early. Answers are positions among the labels, −1 for none. */
  private readonly cells: readonly {
    readonly count: number;
    readonly expected: number;
    readonly first: number;
    readonly second: number;
  }[];
  private readonly first: F1Tally;
  private readonly second: F1Tally;

  private readonly rows: number;

  constructor(table: PairedTable) {
    this.rows = table.rows;
    const position = (label: string | null) => (label === null ? -1 : table.labels.indexOf(label));
    this.cells = [...table.cells()]
      .sort((a, b) => b.count - a.count)
      .map(({ count, expected, first, second }) => ({
        count,
        expected: position(expected),
        first: position(first),
        second: position(second),
      }));
    this.first = new F1Tally(table.labels.length);
    this.second = new F1Tally(table.labels.length);
  }

  /** The differences on the table's own rows. */
  observe(): Differences {
    return this.score((count) => count);
  }

  /**
   * The differences on as many rows, drawn with replacement: the counts of the cells are multinomial, each one binomial
   * among the rows and the cells that are left (L. Devroye, "Non-Uniform Random Variate Generation", 1986, section XI.1.4).
   */
  draw(random: () => number): Differences {
    let rowsLeft = this.rows;
    let weightLeft = this.rows;
    return this.score((weight) => {
      const drawn = randomBinomial(rowsLeft, weight / weightLeft, random);
      rowsLeft -= drawn;
      weightLeft -= weight;
      return drawn;
    });
  }

  private score(rowsOf: (count: number) => number): Differences {
    this.first.clear();
    this.second.clear();
    for (const { count, expected, first, second } of this.cells) {
      const rows = rowsOf(count);
      if (rows === 0) continue;
      this.first.add(expected, first, rows);
      this.second.add(expected, second, rows);
    }
    return {
      accuracy: (this.first.right - this.second.right) / this.rows,
      macroF1: this.first.mean() - this.second.mean(),
    };
  }
}
