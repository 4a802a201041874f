import { contentOf } from '../../classify/calibration/is-held-out.js';
import { neutralizeLine } from '../../classify/prompt/neutralize.js';
import { ExperimentError } from './experiment-errors.js';
import type { LabelledRow } from './labelled-row.js';
import type { LabelledRows } from './labelled-rows.js';
import { splitOf } from './split.js';
import { stratifiedSample } from './stratified-sample.js';

/** Labelled rows by what a search for examples may do with them. No text is in two of the parts, case and spacing aside. */
export interface SearchRows {
  /** Of the half `train`: texts that may be examples, by label. */
  readonly pool: ReadonlyMap<string, readonly LabelledRow[]>;
  /** Of the half `train`: what candidates are scored on. */
  readonly scored: LabelledRows;
  /** The half `validation`. */
  readonly validation: LabelledRows;
  /** Whether a text may be an example: it is none of those that something is measured on. */
  readonly mayShow: (text: string) => boolean;
}

/** How the rows are divided. */
export interface SearchRowsOptions {
  /** At most this many rows are scored; of few rows, two thirds of those to train with. */
  readonly scoredRows: number;
  /** Longer texts, in UTF-16 units, are no examples. */
  readonly longestExample: number;
  readonly seed: number;
}

/** @throws ExperimentError where a part that is measured has no row, or rows of one label only */
export function divideRows(data: LabelledRows, options: SearchRowsOptions): SearchRows {
  const { scoredRows, longestExample, seed } = options;
  const train = data.rows.filter(({ text }) => splitOf(text) === 'train');
  const validation = data.rows.filter(({ text }) => splitOf(text) === 'validation');
  const different = new Map(train.map((row) => [contentOf(row.text), row]));
  const scored = stratifiedSample(train, Math.min(scoredRows, Math.ceil((different.size * 2) / 3)), seed);
  refuseOneLabel(scored, 'train');
  refuseOneLabel(validation, 'validation');
  // What is shown is the text as it is made harmless, which might be that of another row.
  const measured = new Set([...scored, ...validation].flatMap(({ text }) => contentsOf(text)));
  const mayShow = (text: string) => contentsOf(text).every((content) => content !== '' && !measured.has(content));
  const pool = new Map<string, readonly LabelledRow[]>(data.labels.map((label) => [label, []]));
  for (const row of different.values()) {
    if (row.text.length > longestExample || !mayShow(row.text)) continue;
    pool.set(row.expected, [...(pool.get(row.expected) ?? []), row]);
  }
  return { pool, scored: partOf(data, scored), validation: partOf(data, validation), mayShow };
}

function contentsOf(text: string): readonly string[] {
  return [contentOf(text), contentOf(neutralizeLine(text))];
}

function partOf(data: LabelledRows, rows: readonly LabelledRow[]): LabelledRows {
  const counts = Object.fromEntries(data.labels.map((label) => [label, 0]));
  for (const { expected } of rows) counts[expected] = (counts[expected] ?? 0) + 1;
  const copies = rows.length - new Set(rows.map(({ text }) => contentOf(text))).size;
  return { ...data, rows, counts, copies };
}

function refuseOneLabel(rows: readonly LabelledRow[], half: string): void {
  if (new Set(rows.map(({ expected }) => expected)).size > 1) return;
  const what = rows.length === 0 ? 'has no row' : `has ${rows.length} rows of one label only`;
  throw new ExperimentError(
    `the half '${half}' ${what}`,
    'a search scores examples on one half and compares on the other: give more labelled rows',
  );
}
