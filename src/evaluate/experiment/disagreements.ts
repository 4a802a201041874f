import type { Disagreement, SuspectedLabelError } from './comparison-result.js';
import type { GoldRow, GoldRows } from './labelled-rows.js';
import type { NamedAnswers } from './variant-answers.js';

/** The rows on which most pairs of variants disagree, the most disagreement first. @param most at most this many */
export function disagreements(given: readonly NamedAnswers[], data: GoldRows, most: number): readonly Disagreement[] {
  const measured = given.flatMap(({ name, answers }) => (answers ? [{ name, answers }] : []));
  const pairs = (measured.length * (measured.length - 1)) / 2;
  if (pairs === 0) return [];
  const ranked: { readonly position: number; readonly division: number }[] = [];
  for (let position = 0; position < data.rows.length; position += 1) {
    const division = differingPairs(measured, position) / pairs;
    if (division > 0) ranked.push({ position, division });
  }
  ranked.sort((a, b) => b.division - a.division || a.position - b.position);
  return ranked.slice(0, most).flatMap(({ position, division }) => {
    const row = data.rows[position];
    if (!row) return [];
    const answered = measured.map(({ name, answers }) => [name, answers.answerAt(position)] as const);
    return [{ index: row.index, id: row.id, expected: row.expected, division, answers: Object.fromEntries(answered) }];
  });
}

function differingPairs(given: readonly NamedAnswers[], position: number): number {
  let differing = 0;
  for (let a = 0; a < given.length; a += 1) {
    const answer = given[a]?.answers?.indexAt(position);
    for (let b = a + 1; b < given.length; b += 1) {
      if (given[b]?.answers?.indexAt(position) !== answer) differing += 1;
    }
  }
  return differing;
}

/** Least confidence of an answer that speaks against a label. */
const confident = 0.9;

/** So many confident answers against a label make it suspect. */
const minVariants = 2;

/**
 * Rows for which at least two variants are confident of the same other label, and no variant is confident of the given
 * label. Rows with the most and the most confident variants come first.
 */
export function suspectedLabelErrors(given: readonly NamedAnswers[], data: GoldRows): readonly SuspectedLabelError[] {
  return data.rows
    .flatMap((row, position) => suspectedErrorOf(row, position, given))
    .sort(
      (a, b) => b.variants.length - a.variants.length || b.mean_confidence - a.mean_confidence || a.index - b.index,
    );
}

function suspectedErrorOf(
  row: GoldRow,
  position: number,
  given: readonly NamedAnswers[],
): readonly SuspectedLabelError[] {
  const { index, id, expected } = row;
  const against = given.flatMap(({ name, answers }) => {
    const confidence = answers?.confidenceAt(position) ?? 0;
    const answer = answers?.answerAt(position) ?? null;
    return answer !== null && confidence >= confident ? [{ name, answer, confidence }] : [];
  });
  const answered = against[0]?.answer;
  if (answered === undefined || answered === expected || against.length < minVariants) return [];
  if (against.some(({ answer }) => answer !== answered)) return [];
  const mean_confidence = against.reduce((sum, { confidence }) => sum + confidence, 0) / against.length;
  return [{ index, id, expected, answered, variants: against.map(({ name }) => name), mean_confidence }];
}
