import type { ConfusionTable } from '../foundation/statistics/classification-scores.js';
import { oneLabelAlone, oneLabelByGold, oneLabelByReference } from '../foundation/statistics/one-label-answers.js';

/** What may be the cause, and what to do. */
const remedy =
  'the prompt or the chat template probably does not fit this model: try another prompt, or let chorale doctor check the model';

/** Answers by label. */
type Counts = ReadonlyMap<string, number>;

/** The warning that answers are nearly all one label, judged by gold labels; undefined where they are not. */
export function oneLabelWarningByGold(table: ConfusionTable): string | undefined {
  const found = oneLabelByGold(table);
  if (found === null) return undefined;
  const { label, rows, others } = found;
  const answers = table.counts.reduce((sum, row) => sum + row.reduce((all, count) => all + count, 0), 0);
  const given = table.counts.reduce((sum, row) => sum + (row[table.labels.indexOf(label)] ?? 0), 0);
  return (
    `${given} of ${answers} answers are '${label}', and of the ${rows} rows with another gold label ` +
    `${others === 0 ? 'none was' : others === 1 ? '1 was' : `${others} were`} answered with another one: ${remedy}`
  );
}

/**
 * The same without gold labels, once all rows are answered.
 * @param reference answers of an earlier run over the same data, where there is one
 */
export function oneLabelWarning(answers: Counts, reference: Counts | undefined): string | undefined {
  const all = sumOf(answers);
  const byReference = reference && oneLabelByReference(answers, reference);
  if (reference && byReference) {
    const { label } = byReference;
    const before = `${reference.get(label) ?? 0} of ${sumOf(reference)}`;
    return `${answers.get(label) ?? 0} of ${all} answers are '${label}' (${before} in an earlier run over the same data): ${remedy}`;
  }
  const alone = oneLabelAlone(answers);
  if (alone === null) return undefined;
  return `${answers.get(alone.label) ?? 0} of ${all} answers are '${alone.label}': unless the reviews really are so one-sided, ${remedy}`;
}

/** So many first answers that are all the same label are told at once, though the rows may be sorted. */
const firstAnswers = 200;

/** The hint that all of the first answers are one label. */
export function sameBeginning(answers: Counts): string | undefined {
  const all = sumOf(answers);
  const label = [...answers].find(([, count]) => count === all)?.[0];
  if (all !== firstAnswers || label === undefined) return undefined;
  return `the first ${all} answers are all '${label}': unless the rows are sorted, or really so one-sided, ${remedy}`;
}

function sumOf(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
