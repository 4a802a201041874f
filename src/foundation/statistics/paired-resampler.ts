import type { PairedTable } from './paired-table.js';
import { randomBinomial } from './random-binomial.js';

/** First − second. */
interface Differences {
  readonly accuracy: number;
  readonly macroF1: number;
}

/** Draws samples of a table's rows and scores two judges on each: the inner loop of the bootstrap. */
export class PairedResampler {
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
