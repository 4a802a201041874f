import type { SearchResult } from '../evaluate/few-shot-search.js';
import { percentInterval, percentRange, share } from './format-values.js';
import { compactTable } from './table.js';

/** The result of a few-shot search. The first line says whether the new prompt is better. */
export function renderSearch(result: SearchResult): string {
  const { rows, labels, examples_per_label, looks: comparisons, winner, candidates } = result;
  const parts = [
    `${conclusion(result)}\n`,
    `${candidates.length} prompts, ${examples_per_label} examples of each of ${labels.join(', ')}, model ${result.model}`,
    `scored on ${rows.scored} rows of the training half; examples from ${rows.pool} others of it`,
    renderCandidates(result),
    `compared on the ${rows.validation} rows of the validation half, ${comparisons} prompts, each once`,
    renderValidation(result),
    ...(winner.adjusted
      ? [
          `accuracy of ${winner.adjusted.variant}, corrected for its selection among ${winner.adjusted.variants} prompts ` +
            `(95 %): ${percentRange(winner.adjusted)}`,
        ]
      : []),
    ...result.validation.flatMap(({ compared }) => (compared ? [`- ${compared.sentence}`] : [])),
    `\nwritten: ${winner.prompt}`,
  ];
  return `${parts.join('\n')}\n`;
}

function conclusion({ winner, looks: comparisons, prompt, validation }: SearchResult): string {
  const name = prompt.replace(/@.*$/, '');
  const difference = validation.find((one) => one.name === winner.name)?.compared?.difference ?? 0;
  if (difference < 0) {
    return `worse than ${name} on the validation half, in ${comparisons - 1} tries, so keep ${name}: ${winner.sentence}`;
  }
  if (winner.significant) return `better than ${name}: ${winner.sentence}`;
  if (winner.better) return `not proven better than ${name}: ${winner.sentence}`;
  return `not better than ${name}, in ${comparisons - 1} tries: ${winner.sentence}`;
}

function renderCandidates({ candidates }: SearchResult): string {
  const rows = candidates.map(({ name, accuracy, failed, finalist }) => [
    finalist ? '*' : '',
    name,
    percentInterval(accuracy),
    failed,
  ]);
  return compactTable(['', 'training half', 'accuracy', 'failed'], rows, { left: 2 });
}

function renderValidation({ validation, winner }: SearchResult): string {
  const rows = validation.map(({ name, accuracy, macro_f1, failed }) => [
    name === winner.name ? '*' : '',
    name,
    percentInterval(accuracy),
    share(macro_f1, 3),
    failed,
  ]);
  return compactTable(['', 'validation half', 'accuracy (95 %)', 'macro-F1', 'failed'], rows, { left: 2 });
}
