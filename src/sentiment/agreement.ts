/**
 * Agreement of predicted with expected labels, counted as they come. Rows whose expected label is none of the labels
 * are left out, and counted by label.
 */
export class Agreement {
  readonly outside = new Map<string, number>();
  private readonly known: ReadonlySet<string>;
  private readonly expected = new Map<string, number>();
  private readonly predicted = new Map<string, number>();
  private readonly hits = new Map<string, number>();
  private rows = 0;
  private right = 0;

  constructor(labels: readonly string[]) {
    this.known = new Set(labels);
  }

  /** Counts one row. */
  add(expected: string, predicted: string): void {
    if (!this.known.has(expected)) {
      bump(this.outside, expected);
      return;
    }
    this.rows += 1;
    bump(this.expected, expected);
    bump(this.predicted, predicted);
    if (expected !== predicted) return;
    this.right += 1;
    bump(this.hits, expected);
  }

  /** Rows compared. */
  get compared(): number {
    return this.rows;
  }

  /** Share of right labels, 0 to 1; null where no row was compared. */
  get accuracy(): number | null {
    return this.rows === 0 ? null : this.right / this.rows;
  }

  /**
   * Mean over the labels that occur, expected or predicted, of F1 = 2 · hits ÷ (expected + predicted): the macro average
   * of scikit-learn's `f1_score`. Null where no row was compared.
   */
  get macroF1(): number | null {
    const occurring = [...this.known].filter((label) => this.expected.has(label) || this.predicted.has(label));
    if (this.rows === 0) return null;
    const f1 = (label: string) =>
      (2 * (this.hits.get(label) ?? 0)) / ((this.expected.get(label) ?? 0) + (this.predicted.get(label) ?? 0));
    return occurring.reduce((sum, label) => sum + f1(label), 0) / occurring.length;
  }
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
