import type { SuspectedLabelError } from './experiment-result.js';
import type { LabelledRow } from './labelled-row.js';
import type { LabelledRows } from './labelled-rows.js';
import type { VariantRecord } from './variant-record.js';

/** An answer with at least this confidence is a sure one. */
const sure = 0.9;

/** So many sure answers against a label make it doubtful. */
const several = 2;

/**
 * Rows against whose label at least two variants are sure of one and the same other label, and for which no variant is
 * sure. Variants without a confidence have no say. Those with the most and the surest witnesses come first.
 */
export function suspectedLabelErrors(
  records: readonly VariantRecord[],
  data: LabelledRows,
): readonly SuspectedLabelError[] {
  return data.rows
    .flatMap((row, position) => doubt(row, position, records))
    .sort(
      (a, b) => b.variants.length - a.variants.length || b.mean_confidence - a.mean_confidence || a.index - b.index,
    );
}

function doubt(row: LabelledRow, position: number, records: readonly VariantRecord[]): readonly SuspectedLabelError[] {
  const { index, id, expected } = row;
  const witnesses = records.flatMap(({ variant, rounds: [first] }) => {
    const confidence = first?.confidenceAt(position) ?? 0;
    const answer = first?.answerAt(position) ?? null;
    return answer !== null && confidence >= sure ? [{ name: variant.name, answer, confidence }] : [];
  });
  const answered = witnesses[0]?.answer;
  if (answered === undefined || answered === expected || witnesses.length < several) return [];
  if (witnesses.some(({ answer }) => answer !== answered)) return [];
  const mean_confidence = witnesses.reduce((sum, { confidence }) => sum + confidence, 0) / witnesses.length;
  return [{ index, id, expected, answered, variants: witnesses.map(({ name }) => name), mean_confidence }];
}
