import { createHash } from 'node:crypto';
import { GoldLabels, ValuesOutside } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import { contentOf, isHeldOut } from '../../classify/calibration/fit-calibration.js';
import type { Remedy } from '../../foundation/errors/remedy.js';
import { listNames, shellWord } from '../../foundation/text/message-text.js';
import { isBlank } from '../../foundation/text/visible-text.js';
import { ExperimentError } from './experiment-plan.js';

/** A row that all variants are asked about. */
export interface LabelledRow extends Review {
  readonly text: string;
  /** One of the labels. */
  readonly expected: string;
}

/** Which rows of the data are used. */
export interface RowChoice {
  /** Only the first N rows of the data. */
  readonly limit?: number | undefined;
  /** Of those, one half. @default all */
  readonly split?: SplitName | undefined;
  /** Of those, N at random, each label with its share. */
  readonly sample?: number | undefined;
  /** Seed of the sample. @default 1 */
  readonly seed?: number | undefined;
}

/** The rows of an experiment, held once for all variants. */
export interface LabelledRows {
  readonly labels: readonly string[];
  readonly rows: readonly LabelledRow[];
  /** Rows of each label, in the order of the labels. */
  readonly counts: Readonly<Record<string, number>>;
  readonly choice: RowChoice;
  /** Rows of the data that could not be used, before the choice of a split and a sample. */
  readonly leftOut: { readonly unlabelled: number; readonly blank: number; readonly unreadable: number };
  /** Rows whose text another row has already, case and spacing aside. */
  readonly copies: number;
}

/**
 * Checks the rows of an experiment and chooses among them.
 * @throws ExperimentError for labels outside the set, ids that are there twice, no label or one label only, no row
 */
export function labelRows(reviews: Iterable<Review>, labels: readonly string[], choice: RowChoice = {}): LabelledRows {
  const leftOut = { unlabelled: 0, blank: 0, unreadable: 0 };
  const gold = new GoldLabels(labels);
  const outside = new ValuesOutside();
  const usable: LabelledRow[] = [];
  let read = 0;
  for (const { index, id, text, expected: given, problem } of reviews) {
    if (choice.limit !== undefined && read >= choice.limit) break;
    read += 1;
    const expected = gold.labelOf(given);
    if (problem) leftOut.unreadable += 1;
    else if (!expected) leftOut.unlabelled += 1;
    else if (!gold.has(expected)) outside.add(expected);
    else if (text === null || isBlank(text)) leftOut.blank += 1;
    else usable.push({ index, id, text, expected });
  }
  if (outside.rows > 0) throw labelsOutside(outside, labels);
  refuseEmpty(read, usable, leftOut);
  refuseRepeatedIds(usable);
  const { split, sample, seed = 1 } = choice;
  const half = split === undefined ? usable : usable.filter(({ text }) => splitOf(text) === split);
  const rows = sample === undefined ? half : stratifiedSample(half, sample, seed);
  const counts = Object.fromEntries(labels.map((label) => [label, 0]));
  for (const { expected } of rows) counts[expected] = (counts[expected] ?? 0) + 1;
  refuseOneLabel(rows, counts, choice);
  const copies = rows.length - new Set(rows.map(({ text }) => contentKey(text))).size;
  return { labels, rows, counts, choice, leftOut, copies };
}

/** 48 bits of what a text says: a number takes less room than the text, of which there may be many. */
function contentKey(text: string): number {
  return createHash('sha256').update(contentOf(text)).digest().readUIntBE(0, 6);
}

function refuseEmpty(read: number, usable: readonly LabelledRow[], leftOut: LabelledRows['leftOut']): void {
  if (usable.length > 0) return;
  if (read === 0) throw new ExperimentError('there is no row', ['give labelled rows with ', { option: 'data' }]);
  const { unlabelled, blank, unreadable } = leftOut;
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

function refuseRepeatedIds(rows: readonly LabelledRow[]): void {
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

function refuseOneLabel(rows: readonly LabelledRow[], counts: LabelledRows['counts'], choice: RowChoice): void {
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

/** What is said of rows whose label is none of the labels: which, how many, and what would translate them. */
function labelsOutside(outside: ValuesOutside, labels: readonly string[]): ExperimentError {
  const verb = outside.rows === 1 ? 'row has a label that is' : 'rows have a label that is';
  const pairs = outside.translations(labels);
  const leavesOut = pairs.some((pair) => pair.endsWith('=')) ? ' (an empty target leaves the rows out)' : '';
  const remedy: Remedy =
    pairs.length === 0
      ? ['check that ', { option: 'label' }, ' names the column of the labels']
      : [
          'translate with ',
          { option: 'map', value: shellWord(pairs.join(',')) },
          `${leavesOut}, or name all labels with `,
          { option: 'labels' },
        ];
  return new ExperimentError(`${outside.rows} ${verb} none of ${labels.join(', ')}: ${outside.list()}`, remedy);
}

/** The halves of labelled rows. */
export const splitNames = ['train', 'validation'] as const;

/** A half of the labelled rows: to choose prompts and examples with, or to measure them with. */
export type SplitName = (typeof splitNames)[number];

/**
 * The half to which a text belongs, by its content: copies of a text, in whatever case and spacing, are in one half
 * always, in every experiment. What a calibration was fitted on is the half `train`, too.
 */
export function splitOf(text: string): SplitName {
  return isHeldOut(text) ? 'validation' : 'train';
}

/**
 * Rows at random, each label with the share that it has among all (largest remainders), in their order. No two of them
 * are copies of one text. Which they are depends on the seed and on what the texts say, not on where they stand.
 * @param size at most this many: fewer where there are not so many different texts
 */
export function stratifiedSample(rows: readonly LabelledRow[], size: number, seed: number): readonly LabelledRow[] {
  const different = firstOfEach(rows);
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

function firstOfEach(rows: readonly LabelledRow[]): ReadonlyMap<string, LabelledRow> {
  const first = new Map<string, LabelledRow>();
  for (const row of rows) {
    const content = contentOf(row.text);
    if (!first.has(content)) first.set(content, row);
  }
  return first;
}

/** Whole numbers that add up to `size`, as near as they can be to the shares of the counts. */
function quotasOf(counts: readonly number[], size: number): readonly number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (all === 0 ? 0 : (count * size) / all));
  const quotas = exact.map(Math.floor);
  const missing = size - quotas.reduce((sum, quota) => sum + quota, 0);
  const byRemainder = exact.map((share, index) => ({ index, rest: share % 1 })).sort((a, b) => b.rest - a.rest);
  for (const { index } of byRemainder.slice(0, missing)) quotas[index] = (quotas[index] ?? 0) + 1;
  return quotas;
}
