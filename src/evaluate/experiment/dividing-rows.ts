import type { Disagreement } from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
import type { VariantRecord } from './variant-record.js';

/** The rows whose answers differ most between the variants, the most divisive first. @param most at most this many */
export function disagreements(
  records: readonly VariantRecord[],
  data: LabelledRows,
  most: number,
): readonly Disagreement[] {
  const asked = records.filter(({ rounds }) => rounds.length > 0);
  const pairs = (asked.length * (asked.length - 1)) / 2;
  if (pairs === 0) return [];
  const ranked: { readonly position: number; readonly division: number }[] = [];
  for (let position = 0; position < data.rows.length; position += 1) {
    const division = differingPairs(asked, position) / pairs;
    if (division > 0) ranked.push({ position, division });
  }
  ranked.sort((a, b) => b.division - a.division || a.position - b.position);
  return ranked.slice(0, most).flatMap(({ position, division }) => {
    const row = data.rows[position];
    if (!row) return [];
    const answers = asked.map(({ variant, rounds }) => [variant.name, rounds[0]?.answerAt(position) ?? null] as const);
    return [{ index: row.index, id: row.id, expected: row.expected, division, answers: Object.fromEntries(answers) }];
  });
}

function differingPairs(records: readonly VariantRecord[], position: number): number {
  let differing = 0;
  for (let a = 0; a < records.length; a += 1) {
    const answer = records[a]?.rounds[0]?.indexAt(position);
    for (let b = a + 1; b < records.length; b += 1) {
      if (records[b]?.rounds[0]?.indexAt(position) !== answer) differing += 1;
    }
  }
  return differing;
}
