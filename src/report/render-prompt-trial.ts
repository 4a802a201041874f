import type { PromptMetrics, PromptTrial } from '../evaluate/prompt-trial.js';
import { blankControls } from '../foundation/text/control-characters.js';
import { share } from './format-values.js';
import { compactTable } from './table.js';

/** The result of a trial of prompts: a table, and the chosen prompt. Ends in a line break. */
export function renderPromptTrial(trial: PromptTrial): string {
  const { prompts, labelled, chosen, because } = trial;
  const table = compactTable(
    ['prompt', ...(labelled ? ['accuracy (95 %)', 'valid'] : ['valid', 'answers', 'label mass']), 'reviews/s'],
    prompts.map((metrics) => rowOf(metrics, labelled, metrics.prompt === chosen)),
    { colWidths: labelled ? [] : [null, null, 22], wordWrap: true },
  );
  const problems = prompts.flatMap(({ prompt, problem }) =>
    problem ? [`  ${prompt}: ${blankControls(problem.message)} [${problem.code}]`] : [],
  );
  return [
    table,
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
    share(speed, 1),
  ];
}

function massText(mass: number | null): string {
  return mass === null ? '–' : String(Number(mass.toPrecision(1)));
}

function accuracyText({ accuracy }: PromptMetrics): string {
  if (accuracy === null) return '–';
  return `${share(accuracy.value, 2)} (${share(accuracy.lower, 2)}–${share(accuracy.upper, 2)})`;
}

/** One prompt of a trial in a few words: `0.91 of 60 rows (95 % 0.81–0.96)`, or how many answers were valid. */
export function describeMetrics(metrics: PromptMetrics): string {
  const { accuracy, rows, answered } = metrics;
  if (accuracy === null) return `${answered} of ${rows} answers valid`;
  return `${share(accuracy.value, 2)} of ${rows} rows right (95 % ${share(accuracy.lower, 2)}–${share(accuracy.upper, 2)})`;
}
