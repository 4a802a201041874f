import type { ConfusionTable } from '../foundation/statistics/classification-scores.js';
import { oneLabelAlone, oneLabelByGold, oneLabelByReference } from '../foundation/statistics/one-label-answers.js';
import type { HostMetrics } from '../model/model.js';
import type { Summary } from './summary.js';

/** What may be the cause, and what to do. */
const templateRemedy =
  'the prompt or the chat template probably does not fit this model: try another prompt, or let chorale doctor check the model';

/** Whether a warning is about answers that are nearly all one label: it may come during a run and at its end. */
export function isAboutOneLabel(warning: string): boolean {
  return warning.endsWith(templateRemedy);
}

/** Answers by label. */
type Counts = ReadonlyMap<string, number>;

/** The warning that answers are nearly all one label, compared with gold labels; undefined if they are not. */
export function oneLabelWarningByGold(table: ConfusionTable): string | undefined {
  const found = oneLabelByGold(table);
  if (found === null) return undefined;
  const { label, rows, others } = found;
  const answers = table.counts.reduce((sum, row) => sum + row.reduce((all, count) => all + count, 0), 0);
  const given = table.counts.reduce((sum, row) => sum + (row[table.labels.indexOf(label)] ?? 0), 0);
  return (
    `${given} of ${answers} answers are '${label}', and of the ${rows} rows with another gold label ` +
    `${others === 0 ? 'none was' : others === 1 ? '1 was' : `${others} were`} answered with another one: ${templateRemedy}`
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
    return `${answers.get(label) ?? 0} of ${all} answers are '${label}' (${before} in an earlier run over the same data): ${templateRemedy}`;
  }
  const alone = oneLabelAlone(answers);
  if (alone === null) return undefined;
  return `${answers.get(alone.label) ?? 0} of ${all} answers are '${alone.label}': unless the reviews really are so one-sided, ${templateRemedy}`;
}

/** Number of equal first answers that cause a warning at once, even if the rows may be sorted. */
const firstAnswers = 200;

/** The hint that all of the first answers are one label. */
export function sameBeginning(answers: Counts): string | undefined {
  const all = sumOf(answers);
  const label = [...answers].find(([, count]) => count === all)?.[0];
  if (all !== firstAnswers || label === undefined) return undefined;
  return `the first ${all} answers are all '${label}': unless the rows are sorted, or really so one-sided, ${templateRemedy}`;
}

function sumOf(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

/**
 * What a run has to say of the server's queue, where its reviews waited there for half of their time or more; null
 * otherwise. Why they waited is not known: the server has fewer slots than there are workers, or others use it.
 * @param isFixed whether the number of workers was the same throughout
 */
export function queueWarning(summary: Summary, isFixed: boolean): string | null {
  const { queue_ms: queue, latency_ms: latency, workers, estimated_speedup: atOnce, provider } = summary;
  if (!queue?.mean || !latency.mean || queue.mean < latency.mean / 2) return null;
  // The durations of such a server contradict the measured time.
  if (queue.mean > latency.mean) return null;
  const waited = `reviews waited ${Math.round((queue.mean / latency.mean) * 100)} % of their time in the server's queue`;
  if (workers === 1) return `${waited}, with one worker: another program uses the server`;
  // Where the number in flight is found, it was too many only as long as it was looked for.
  if (!isFixed) return null;
  const served = atOnce === null ? '' : `, and it worked on ${atOnce.toFixed(1)} of them at once`;
  const slots = provider === 'ollama' ? ' (OLLAMA_NUM_PARALLEL; chorale doctor counts them)' : '';
  return `${waited}${served}: it has fewer slots than ${workers} workers${slots}, or another program uses it too`;
}

/** Warnings about servers that were down, excluded or slow, for the reader of the metrics. */
export function hostWarnings(hosts: readonly HostMetrics[]): readonly string[] {
  return hosts
    .filter(({ down_count }) => down_count > 0)
    .map(({ server, up, excluded, answered, failed, down_count: times, down_ms: ms, problem }) => {
      if (excluded && answered > 0) return `${server} was excluded after ${answered} answers: ${problem}`;
      if (!up && answered + failed === 0) return `${server} was excluded: ${problem}`;
      const often = times === 1 ? 'once' : `${times} times`;
      return `${server} was down ${often}, for ${(ms / 1_000).toFixed(1)} s in all: ${problem}`;
    });
}
