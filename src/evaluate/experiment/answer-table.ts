import type { LabelledRow } from './labelled-row.js';
import type { LabelledRows } from './labelled-rows.js';
import type { RoundAnswers } from './round-answers.js';
import type { VariantRecord } from './variant-record.js';

/** One row and what two variants answered to it. */
export interface AnswerPair {
  readonly row: LabelledRow;
  readonly a: string | null;
  readonly b: string | null;
}

/** The answers of all variants to all rows. */
export class AnswerTable {
  private readonly byName: ReadonlyMap<string, readonly RoundAnswers[]>;

  constructor(
    private readonly data: LabelledRows,
    records: readonly VariantRecord[],
  ) {
    this.byName = new Map(records.map(({ variant, rounds }) => [variant.name, rounds]));
  }

  get rows(): readonly LabelledRow[] {
    return this.data.rows;
  }

  /**
   * What a variant answered; null where it failed, or was not asked.
   * @param position 0-based, among the rows of the experiment
   */
  answerOf(variant: string, position: number, repeat = 1): string | null {
    return this.byName.get(variant)?.[repeat - 1]?.answerAt(position) ?? null;
  }

  /** The rows to which two variants gave different answers the first time, in their order. */
  *differences(a: string, b: string): Generator<AnswerPair, void> {
    for (const [position, row] of this.rows.entries()) {
      const pair = { row, a: this.answerOf(a, position), b: this.answerOf(b, position) };
      if (pair.a !== pair.b) yield pair;
    }
  }
}
