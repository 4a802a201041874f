import type { PromptMetrics, PromptTrial } from '../evaluate/prompt-trial.js';
import { blankControls } from '../foundation/text/control-characters.js';
import { compact, plain, Table } from './table.js';

/** What a trial of prompts found: a table, and the prompt that suits best. Plain text, ending in a line break. */
export function renderPromptTrial(trial: PromptTrial): string {
  const { prompts, labelled, chosen, because } = trial;
  const table = new Table({
    head: ['prompt', ...(labelled ? ['accuracy (95 %)', 'valid'] : ['valid', 'answers', 'label mass']), 'reviews/s'],
    style: plain,
    chars: compact,
    colWidths: labelled ? [] : [null, null, 22],
    wordWrap: true,
  });
  for (const metrics of prompts) table.push(rowOf(metrics, labelled, metrics.prompt === chosen));
  const problems = prompts.flatMap(({ prompt, problem }) =>
    problem ? [`  ${prompt}: ${blankControls(problem.message)} [${problem.code}]`] : [],
  );
  return [
    table.toString(),
    ...(problems.length === 0 ? [] : ['First failure of each prompt:', ...problems]),
    `${chosen} suits best: ${because}.`,
    '',
  ].join('\n');
}

function rowOf(metrics: PromptMetrics, labelled: boolean, isChosen: boolean): string[] {
  const { prompt, rows, answered, answers, label_mass: mass, reviews_per_second: speed } = metrics;
  const valid = `${answered} of ${rows}`;
  const byLabel = Object.entries(answers).map(([label, count]) => `${blankControls(label)} ${count}`);
  return [
    `${isChosen ? '*' : ' '} ${prompt}`,
    ...(labelled ? [accuracyText(metrics), valid] : [valid, byLabel.join(', '), massText(mass)]),
    speed === null ? '–' : speed.toFixed(1),
  ];
}

function massText(mass: number | null): string {
  return mass === null ? '–' : String(Number(mass.toPrecision(1)));
}

function accuracyText({ accuracy }: PromptMetrics): string {
  if (accuracy === null) return '–';
  return `${fixed(accuracy.value)} (${fixed(accuracy.lower)}–${fixed(accuracy.upper)})`;
}

/** One prompt of a trial in a few words: `0.91 of 60 rows (95 % 0.81–0.96)`, or how many answers were valid. */
export function describeMetrics(metrics: PromptMetrics): string {
  const { accuracy, rows, answered } = metrics;
  if (accuracy === null) return `${answered} of ${rows} answers valid`;
  return `${fixed(accuracy.value)} of ${rows} rows right (95 % ${fixed(accuracy.lower)}–${fixed(accuracy.upper)})`;
}

function fixed(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}
