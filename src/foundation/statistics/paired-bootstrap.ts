import { F1Tally } from './classification-scores.js';
import {
  type BootstrapDifference,
  type BootstrapOptions,
  checkBootstrap,
  DifferenceTally,
} from './difference-tally.js';
import type { PairedTable } from './paired-table.js';
import { randomBinomial } from './random-variates.js';

interface PairedBootstrap {
  readonly accuracy: BootstrapDifference;
  /** Of the labels that occur in a sample, expected or answered by that classifier; no answer is a wrong one. */
  readonly macroF1: BootstrapDifference;
}

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
  const { resamples, confidence } = checkBootstrap(options);
  if (table.rows === 0) return null;
  const resampler = new PairedResampler(table);
  const observed = resampler.observe();
  const accuracy = new DifferenceTally(resamples, confidence);
  const macroF1 = new DifferenceTally(resamples, confidence);
  for (let i = 0; i < resamples; i += 1) {
    const drawn = resampler.draw(random);
    accuracy.add(drawn.accuracy);
    macroF1.add(drawn.macroF1);
  }
  return { accuracy: accuracy.summarize(observed.accuracy), macroF1: macroF1.summarize(observed.macroF1) };
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
