import { createHash } from 'node:crypto';
import { GoldLabels, ValuesOutside } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import { contentOf, isHeldOut } from '../../classify/calibration/fit-calibration.js';
import { defaults } from '../../foundation/defaults.js';
import type { Remedy } from '../../foundation/errors/chorale-error.js';
import { listEntry } from '../../foundation/text/list-text.js';
import { listNames, shellWord } from '../../foundation/text/message-text.js';
import { isBlank } from '../../foundation/text/visible-text.js';
import { ExperimentError } from './experiment-plan.js';

/** A row with its gold label. */
export interface GoldRow {
  /** 0-based row over all inputs. */
  readonly index: number;
  readonly id: string;
  /** One of the labels. */
  readonly expected: string;
}

/** The rows that several classifiers answered. */
export interface GoldRows {
  readonly labels: readonly string[];
  readonly rows: readonly GoldRow[];
  /** Rows of each label, in the order of the labels. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The field of the answers that variants are compared on, in place of the label. */
export interface ComparedField {
  readonly name: string;
  readonly type: 'enum' | 'boolean';
  /** What stands for labels. */
  readonly values: readonly string[];
}

/** A row that all variants classify. */
export interface LabelledRow extends Review {
  readonly text: string;
  /** One of the labels. */
  readonly expected: string;
}

/** Which rows of the data are used. */
export interface RowChoice {
  /** Only the first N rows of the data. */
  readonly limit?: number | undefined;
  /** Of those, one half. @default both */
  readonly split?: SplitName | undefined;
  /** Of those, a stratified random sample of N. */
  readonly sample?: number | undefined;
  /** Seed of the sample. @default 1 */
  readonly seed?: number | undefined;
}

/** The rows of an experiment, held once for all variants. */
export interface LabelledRows extends GoldRows {
  readonly rows: readonly LabelledRow[];
  readonly choice: RowChoice;
  /** Unusable rows of the data, before the choice of a split and a sample. */
  readonly excluded: { readonly unlabelled: number; readonly blank: number; readonly unreadable: number };
  /** Rows whose text an earlier row has, ignoring case and spacing. */
  readonly duplicates: number;
  /** The field that the gold labels are values of. @default the label */
  readonly field?: ComparedField | undefined;
}

/**
 * Checks the rows of an experiment and chooses among them.
 * @throws ExperimentError for labels outside the set, repeated ids, no row, or fewer than two labels
 */
export function labelRows(reviews: Iterable<Review>, labels: readonly string[], choice: RowChoice = {}): LabelledRows {
  const excluded = { unlabelled: 0, blank: 0, unreadable: 0 };
  const gold = new GoldLabels(labels);
  const outside = new ValuesOutside();
  const usable: LabelledRow[] = [];
  let read = 0;
  for (const { index, id, text, columns, expected: given, problem } of reviews) {
    if (choice.limit !== undefined && read >= choice.limit) break;
    read += 1;
    const expected = gold.labelOf(given);
    if (problem) excluded.unreadable += 1;
    else if (!expected) excluded.unlabelled += 1;
    else if (!gold.has(expected)) outside.add(expected);
    else if (text === null || isBlank(text)) excluded.blank += 1;
    else usable.push({ index, id, text, expected, ...(columns && { columns }) });
  }
  if (outside.rows > 0) throw labelsOutside(outside, labels);
  rejectEmpty(read, usable, excluded);
  rejectRepeatedIds(usable);
  const { split, sample, seed = defaults.seed } = choice;
  const half = split === undefined ? usable : usable.filter(({ text }) => splitOf(text) === split);
  const rows = sample === undefined ? half : stratifiedSample(half, sample, seed);
  const counted = countRows(labels, rows);
  rejectOneLabel(rows, counted.counts, choice);
  return { labels, choice, excluded, ...counted };
}

/** Counts the rows of each label, and the duplicates. */
export function countRows(
  labels: readonly string[],
  rows: readonly LabelledRow[],
): Pick<LabelledRows, 'rows' | 'counts' | 'duplicates'> {
  const counts = Object.fromEntries(labels.map((label) => [label, 0]));
  for (const { expected } of rows) counts[expected] = (counts[expected] ?? 0) + 1;
  return { rows, counts, duplicates: rows.length - new Set(rows.map(({ text }) => contentKey(text))).size };
}

/** 48 bits of the hash of a text: a number takes less memory than the text. */
function contentKey(text: string): number {
  return createHash('sha256').update(contentOf(text)).digest().readUIntBE(0, 6);
}

function rejectEmpty(read: number, usable: readonly LabelledRow[], excluded: LabelledRows['excluded']): void {
  if (usable.length > 0) return;
  if (read === 0) throw new ExperimentError('there is no row', ['give labelled rows with ', { option: 'data' }]);
  const { unlabelled, blank, unreadable } = excluded;
  if (unlabelled === read)
    throw new ExperimentError(`none of the ${read} rows has a label`, ['check ', { option: 'label' }]);
  const reasons = [`${unlabelled} without a label`, `${blank} with a blank text`, `${unreadable} that cannot be read`];
  throw new ExperimentError(`none of the ${read} rows can be used (${reasons.join(', ')})`, [
    'check ',
    { option: 'text' },
    ' and ',
    { option: 'label' },
  ]);
}

function rejectRepeatedIds(rows: readonly LabelledRow[]): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { id } of rows) (seen.has(id) ? twice : seen).add(id);
  if (twice.size === 0) return;
  const what = twice.size === 1 ? 'the id of more than one row' : 'ids of more than one row';
  throw new ExperimentError(`${what}: ${listNames([...twice])}`, [
    'answers are compared row by row: choose another column with ',
    { option: 'id' },
    ', or omit it for row numbers',
  ]);
}

function rejectOneLabel(rows: readonly LabelledRow[], counts: LabelledRows['counts'], choice: RowChoice): void {
  const [first] = rows;
  if (first && counts[first.expected] !== rows.length) return;
  const part = [choice.split, choice.sample === undefined ? undefined : 'sampled'].filter(Boolean).join(' ');
  const which = part === '' ? '' : `${part} `;
  if (!first) throw new ExperimentError(`there is no ${which}row`, 'give more rows');
  throw new ExperimentError(
    `all ${rows.length} ${which}rows have the label '${first.expected}'`,
    'a comparison needs rows of two labels at least',
  );
}

/** The error for rows whose label is none of the labels, with the mapping that would translate them. */
function labelsOutside(outside: ValuesOutside, labels: readonly string[]): ExperimentError {
  const verb = outside.rows === 1 ? 'row has a label that is' : 'rows have a label that is';
  const pairs = outside.translations(labels);
  const exclusion = pairs.some((pair) => pair.endsWith('=')) ? ' (an empty target excludes the rows)' : '';
  const remedy: Remedy =
    pairs.length === 0
      ? ['check that ', { option: 'label' }, ' names the column of the labels']
      : [
          'translate with ',
          { option: 'map', value: shellWord(pairs.join(',')) },
          `${exclusion}, or name all labels with `,
          { option: 'labels' },
        ];
  return new ExperimentError(
    `${outside.rows} ${verb} none of ${labels.map(listEntry).join(', ')}: ${outside.list()}`,
    remedy,
  );
}

export const splitNames = ['train', 'validation'] as const;

/** A half of the labelled rows: prompts and examples are chosen on one, and measured on the other. */
export type SplitName = (typeof splitNames)[number];

/**
 * The half of a text, by its content: duplicates are in the same half in every experiment. Calibrations are fitted on the
 * half `train`, too.
 */
export function splitOf(text: string): SplitName {
  return isHeldOut(text) ? 'validation' : 'train';
}

/**
 * A stratified random sample without duplicates, in the order of the rows: each label keeps its share (largest remainders).
 * The sample depends on the seed and the texts, not on their positions.
 * @param size at most this many: fewer where there are fewer different texts
 */
export function stratifiedSample(rows: readonly LabelledRow[], size: number, seed: number): readonly LabelledRow[] {
  const different = new Map<string, LabelledRow>();
  for (const row of rows) {
    const content = contentOf(row.text);
    if (!different.has(content)) different.set(content, row);
  }
  const strata = new Map<string, { readonly row: LabelledRow; readonly rank: string }[]>();
  for (const [content, row] of different) {
    const stratum = strata.get(row.expected) ?? [];
    stratum.push({ row, rank: createHash('sha256').update(`${seed}\n${content}`).digest('hex') });
    strata.set(row.expected, stratum);
  }
  const ordered = [...strata].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stratum]) => stratum);
  const quotas = quotasOf(
    ordered.map(({ length }) => length),
    Math.min(size, different.size),
  );
  return ordered
    .flatMap((stratum, index) => stratum.sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, quotas[index]))
    .map(({ row }) => row)
    .sort((a, b) => a.index - b.index);
}

/** Whole numbers that add up to `size`, proportional to the counts. */
function quotasOf(counts: readonly number[], size: number): readonly number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (all === 0 ? 0 : (count * size) / all));
  const quotas = exact.map(Math.floor);
  const missing = size - quotas.reduce((sum, quota) => sum + quota, 0);
  const byRemainder = exact.map((share, index) => ({ index, rest: share % 1 })).sort((a, b) => b.rest - a.rest);
  for (const { index } of byRemainder.slice(0, missing)) quotas[index] = (quotas[index] ?? 0) + 1;
  return quotas;
}
