import { contentOf } from '../classify/calibration/fit-calibration.js';
import { type ExampleForm, exampleForms } from '../classify/prompt/example-forms.js';
import { neutralizeLine } from '../classify/prompt/neutralize.js';
import { type Prompt, type PromptExample, withSystemPrompt } from '../classify/prompt/prompt.js';
import { formatPrompt, parsePrompt } from '../classify/prompt/prompt-file.js';
import { cellsOf } from '../classify/prompt/prompt-input.js';
import { namesInTemplate } from '../classify/prompt/template-variables.js';
import { seededRandom, shuffled } from '../foundation/statistics/random-variates.js';
import { ExperimentError } from './experiment/experiment-plan.js';
import {
  countRows,
  type LabelledRow,
  type LabelledRows,
  splitOf,
  stratifiedSample,
} from './experiment/labelled-rows.js';

/** A prompt with examples that may be better than the unchanged prompt. */
export interface Candidate {
  /** Such as `draw 3 · turns`. */
  readonly name: string;
  readonly form: ExampleForm['name'];
  readonly prompt: Prompt;
  /** The text of its file. */
  readonly source: string;
}

interface CandidateOptions {
  /** Examples of each label. */
  readonly examples: number;
  /** Draws of examples. */
  readonly restarts: number;
  readonly seed: number;
  /** Name of the new prompt. */
  readonly name: string;
}

/**
 * The prompt's own examples in each other form, then random draws from the pool, balanced by label and shuffled, in each
 * form in turn. Without duplicates.
 * @throws ExperimentError if the pool has too few texts of a label; PromptError if the prompt has no place for examples
 */
export function drawCandidates(
  prompt: Prompt,
  labels: readonly string[],
  { pool, mayShow }: SearchRows,
  options: CandidateOptions,
): readonly Candidate[] {
  const { examples: perLabel, restarts, seed, name } = options;
  requireEnough(pool, perLabel);
  const forms = formsOf(prompt);
  const own = prompt.examples.filter(({ text, label }) => labels.includes(label) && mayShow(text));
  const candidates = new Map<string, Candidate>();
  const add = (what: string, { name: form, template }: ExampleForm, examples: readonly PromptExample[]) => {
    const { name: _, hash: __, template: ___, instructions: ____, ...front } = prompt;
    const shown = [...namesInTemplate(template).exampleColumns];
    if (examples.some(({ columns = {} }) => shown.some((column) => !Object.hasOwn(columns, column)))) return;
    const description = `${prompt.description ?? prompt.name} Examples were chosen by a search (seed ${seed}).`;
    const source = formatPrompt(
      { ...front, description, labels: [...labels], examples: examples.map((one) => withColumns(one, shown)) },
      template,
    );
    const read = parsePrompt(name, source);
    const made = prompt.instructions === undefined ? read : withSystemPrompt(read, prompt.instructions);
    const known = candidates.has(made.hash);
    if (!known) candidates.set(made.hash, { name: `${what} · ${form}`, form, prompt: made, source });
  };
  if (own.length > 0) for (const form of forms) if (form.name !== 'own') add('own examples', form, own);
  for (let draw = 0; draw < restarts; draw += 1) {
    const form = forms[draw % forms.length];
    // Far from each other: seeds in a row are those of other searches.
    const random = seededRandom(seed * 1_000_003 + draw);
    const drawn = [...pool.values()].flatMap((rows) => shuffled(rows, random).slice(0, perLabel));
    if (form) {
      const rows = ordered(shuffled(drawn, random), own);
      add(
        `draw ${draw + 1}`,
        form,
        rows.map((row) => exampleOf(row, form)),
      );
    }
  }
  return [...candidates.values()];
}

/** A prompt with examples keeps its form: only the examples change. */
function formsOf(prompt: Prompt): readonly ExampleForm[] {
  const forms = exampleForms(prompt);
  const own = forms.filter(({ name }) => name === 'own');
  return prompt.examples.length > 0 && own.length > 0 ? own : forms;
}

/** Rows in the label order of the prompt's own examples: label by label, or in turn. */
function ordered(rows: readonly LabelledRow[], own: readonly PromptExample[]): readonly LabelledRow[] {
  const sequence = own.map(({ label }) => label);
  const labels = [...new Set(sequence)];
  if (labels.length === 0) return rows;
  const changes = sequence.filter((label, index) => index > 0 && label !== sequence[index - 1]).length;
  const isGrouped = sequence.length > labels.length && changes === labels.length - 1;
  const left = new Map<string, LabelledRow[]>();
  for (const row of rows) left.set(row.expected, [...(left.get(row.expected) ?? []), row]);
  const placed: LabelledRow[] = [];
  if (isGrouped) for (const label of labels) placed.push(...(left.get(label) ?? []).splice(0));
  while (!isGrouped && labels.some((label) => (left.get(label)?.length ?? 0) > 0)) {
    for (const label of sequence) placed.push(...(left.get(label) ?? []).splice(0, 1));
  }
  return [...placed, ...[...left.values()].flat()];
}

/** With the columns that the template shows of examples. */
function exampleOf({ text, columns, expected }: LabelledRow, { template }: ExampleForm): PromptExample {
  const names = [...namesInTemplate(template).exampleColumns];
  const cells = cellsOf(columns, names);
  const shown = names.flatMap((name, index) => {
    const cell = cells[index];
    return cell === undefined ? [] : [[name, neutralizeLine(cell)] as const];
  });
  return { text: neutralizeLine(text), label: expected, columns: Object.fromEntries(shown) };
}

function withColumns({ text, label, columns = {} }: PromptExample, names: readonly string[]): PromptExample {
  if (names.length === 0) return { text, label };
  return { text, label, columns: Object.fromEntries(names.map((name) => [name, columns[name] ?? ''])) };
}

function requireEnough(pool: SearchRows['pool'], perLabel: number): void {
  for (const [label, rows] of pool) {
    if (rows.length >= perLabel) continue;
    throw new ExperimentError(`there are ${rows.length} texts to choose ${perLabel} examples of '${label}' from`, [
      'choose fewer with ',
      { option: 'examples' },
      ', or give more labelled rows (long texts are not used as examples)',
    ]);
  }
}

/** Labelled rows by their use in a few-shot search. No text is in two parts, ignoring case and spacing. */
export interface SearchRows {
  /** From the half `train`: texts that may be examples, by label. */
  readonly pool: ReadonlyMap<string, readonly LabelledRow[]>;
  /** From the half `train`: rows that score the candidates. */
  readonly scored: LabelledRows;
  /** The half `validation`. */
  readonly validation: LabelledRows;
  /** Whether a text may be an example: no prompt is measured on it. */
  readonly mayShow: (text: string) => boolean;
}

interface SearchRowsOptions {
  /** At most this many rows are scored, and at most two thirds of the half `train`. */
  readonly scoredRows: number;
  /** Longest text of an example, in UTF-16 units. */
  readonly longestExample: number;
  readonly seed: number;
}

/** @throws ExperimentError if a measured part has fewer than two labels */
export function splitSearchRows(data: LabelledRows, options: SearchRowsOptions): SearchRows {
  const { scoredRows, longestExample, seed } = options;
  const train = data.rows.filter(({ text }) => splitOf(text) === 'train');
  const validation = data.rows.filter(({ text }) => splitOf(text) === 'validation');
  const different = new Map(train.map((row) => [contentOf(row.text), row]));
  const scored = stratifiedSample(train, Math.min(scoredRows, Math.ceil((different.size * 2) / 3)), seed);
  rejectOneLabel(scored, 'train');
  rejectOneLabel(validation, 'validation');
  // Examples show the neutralised text, which may equal the text of another row.
  const measured = new Set([...scored, ...validation].flatMap(({ text }) => contentsOf(text)));
  const mayShow = (text: string) => contentsOf(text).every((content) => content !== '' && !measured.has(content));
  const pool = new Map<string, readonly LabelledRow[]>(data.labels.map((label) => [label, []]));
  for (const row of different.values()) {
    if (row.text.length > longestExample || !mayShow(row.text)) continue;
    pool.set(row.expected, [...(pool.get(row.expected) ?? []), row]);
  }
  return {
    pool,
    scored: { ...data, ...countRows(data.labels, scored) },
    validation: { ...data, ...countRows(data.labels, validation) },
    mayShow,
  };
}

function contentsOf(text: string): readonly string[] {
  return [contentOf(text), contentOf(neutralizeLine(text))];
}

function rejectOneLabel(rows: readonly LabelledRow[], half: string): void {
  if (new Set(rows.map(({ expected }) => expected)).size > 1) return;
  const what = rows.length === 0 ? 'has no row' : `has ${rows.length} rows of one label only`;
  throw new ExperimentError(
    `the half '${half}' ${what}`,
    'a search scores examples on one half and compares on the other: give more labelled rows',
  );
}
