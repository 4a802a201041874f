import type { ProportionMetric } from '../evaluate/experiment/experiment-result.js';
import type { SearchResult } from '../evaluate/few-shot-search.js';
import { percent, share } from './format-values.js';
import { compact, plain, Table } from './table.js';

/** What a search for examples came to. The first line says whether the new prompt is any better. */
export function renderSearch(result: SearchResult): string {
  const { rows, labels, examples_per_label, looks, winner, candidates } = result;
  const parts = [
    `${conclusion(result)}\n`,
    `${candidates.length} prompts, ${examples_per_label} examples of each of ${labels.join(', ')}, model ${result.model}`,
    `scored on ${rows.scored} rows of the training half; examples from ${rows.pool} others of it`,
    renderCandidates(result),
    `compared on the ${rows.validation} rows of the validation half, ${looks} looks, each once`,
    renderValidation(result),
    ...result.validation.flatMap(({ compared }) => (compared ? [`- ${compared.sentence}`] : [])),
    `\nwritten: ${winner.prompt}`,
  ];
  return `${parts.join('\n')}\n`;
}

function conclusion({ winner, looks, prompt, validation }: SearchResult): string {
  const name = prompt.replace(/@.*$/, '');
  const difference = validation.find((look) => look.name === winner.name)?.compared?.difference ?? 0;
  if (difference < 0) {
    return `worse than ${name} on the validation half, in ${looks - 1} tries, so keep ${name}: ${winner.sentence}`;
  }
  if (winner.significant) return `better than ${name}: ${winner.sentence}`;
  if (winner.better) return `not proven better than ${name}: ${winner.sentence}`;
  return `not better than ${name}, in ${looks - 1} tries: ${winner.sentence}`;
}

function renderCandidates({ candidates }: SearchResult): string {
  const table = new Table({
    head: ['', 'training half', 'accuracy', 'failed'],
    style: plain,
    chars: compact,
    colAligns: ['left', 'left', 'right', 'right'],
  });
  for (const { name, accuracy, failed, finalist } of candidates) {
    table.push([finalist ? '*' : '', name, interval(accuracy), failed]);
  }
  return table.toString();
}

function renderValidation({ validation, winner }: SearchResult): string {
  const table = new Table({
    head: ['', 'validation half', 'accuracy (95 %)', 'macro-F1', 'failed'],
    style: plain,
    chars: compact,
    colAligns: ['left', 'left', 'right', 'right', 'right'],
  });
  for (const { name, accuracy, macro_f1, failed } of validation) {
    table.push([name === winner.name ? '*' : '', name, interval(accuracy), share(macro_f1, 3), failed]);
  }
  return table.toString();
}

function interval({ value, lower, upper }: ProportionMetric): string {
  return value === null ? '–' : `${percent(value)} (${percent(lower).replace(' %', '')}–${percent(upper)})`;
}
