import { ConfusionMatrix, positionsOf, requireLabel } from './classification-scores.js';
import { requireCount } from './proportions.js';

/** Rows with the same gold label and the same two answers; null for no answer. */
export interface PairedCell {
  readonly expected: string;
  readonly first: string | null;
  readonly second: string | null;
  readonly count: number;
}

/** The 2×2 table of two classifiers on the same rows. */
export interface PairedOutcomes {
  readonly bothRight: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly bothWrong: number;
}

/** Counts rows by gold label and the answers of two classifiers, in memory that depends on the labels only. */
export class PairedTable {
  readonly labels: readonly string[];
  private readonly positions: ReadonlyMap<string, number>;
  private readonly counts: Float64Array;
  private readonly width: number;

  /** @throws InvalidOptionError if there is no label, or one is there twice */
  constructor(labels: readonly string[]) {
    this.positions = positionsOf(labels);
    this.labels = [...labels];
    this.width = labels.length + 1;
    this.counts = new Float64Array(labels.length * this.width ** 2);
  }

  /**
   * Counts a row, or several equal ones. An answer that is none of the labels counts as no answer.
   * @throws InvalidOptionError if `expected` is none of the labels
   */
  add(expected: string, first: string | null, second: string | null, times = 1): void {
    requireCount('times', times);
    const cell =
      (requireLabel(this.positions, expected) * this.width + this.column(first)) * this.width + this.column(second);
    this.counts[cell] = (this.counts[cell] ?? 0) + times;
  }

  /** Rows counted. */
  get rows(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** The cells that hold a row, in the order of the labels, no answer last. */
  cells(): readonly PairedCell[] {
    const answer = (position: number) => this.labels[position] ?? null;
    return [...this.counts].flatMap((count, cell) => {
      const expected = this.labels[Math.floor(cell / this.width ** 2)];
      if (count === 0 || expected === undefined) return [];
      const first = answer(Math.floor(cell / this.width) % this.width);
      return [{ expected, first, second: answer(cell % this.width), count }];
    });
  }

  /** The table without the rows that a classifier did not answer. */
  answeredByBoth(): PairedTable {
    const table = new PairedTable(this.labels);
    for (const { expected, first, second, count } of this.cells()) {
      if (first !== null && second !== null) table.add(expected, first, second, count);
    }
    return table;
  }

  /** The confusion matrix of one classifier. */
  confusionOf(classify: 'first' | 'second'): ConfusionMatrix {
    const matrix = new ConfusionMatrix(this.labels);
    for (const cell of this.cells()) matrix.add(cell.expected, cell[classify], cell.count);
    return matrix;
  }

  /** No answer is a wrong one. */
  outcomes(): PairedOutcomes {
    const outcomes = { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
    for (const { expected, first, second, count } of this.cells()) {
      if (first === expected) outcomes[second === expected ? 'bothRight' : 'onlyFirst'] += count;
      else outcomes[second === expected ? 'onlySecond' : 'bothWrong'] += count;
    }
    return outcomes;
  }

  private column(answer: string | null): number {
    return (answer === null ? undefined : this.positions.get(answer)) ?? this.labels.length;
  }
}
