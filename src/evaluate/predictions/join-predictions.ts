import { GoldLabels, ValuesOutside } from '../../analysis/gold-labels.js';
import { findLabel } from '../../classify/free-text-label.js';
import { labelOf } from '../../classify/parse-answer.js';
import type { Warning } from '../../foundation/errors/chorale-error.js';
import { listEntry } from '../../foundation/text/list-text.js';
import { listNames, plural, shellWord } from '../../foundation/text/message-text.js';
import { cleanLabel, foldName } from '../../foundation/text/visible-text.js';
import type { GoldRow, GoldRows } from '../experiment/labelled-rows.js';
import { type NamedAnswers, RoundAnswers } from '../experiment/variant-answers.js';
import { ComparisonError, type PredictionFile, type PredictionSet } from './predictions.js';

export interface JoinOptions {
  /** @default the gold labels that occur */
  readonly labels?: readonly string[] | undefined;
  /** What values of gold labels and predictions mean; an empty one: the rows have no gold label. */
  readonly translations?: ReadonlyMap<string, string> | undefined;
  /** A row that a classifier has no prediction for: excluded for all, or a failed row of this one. @default 'exclude' */
  readonly missing?: 'exclude' | 'wrong' | undefined;
}

/** A row that several classifiers predicted. */
interface PredictedRow extends GoldRow {
  /** Null if no file has it. */
  readonly text: string | null;
}

/** Rows joined by their ids. */
export interface JoinedPredictions {
  readonly data: Omit<GoldRows, 'rows'> & { readonly rows: readonly PredictedRow[] };
  readonly given: readonly (NamedAnswers & Origin)[];
  /** Rows in some file that are not compared. */
  readonly excluded: { readonly unlabelled: number; readonly missing: number; readonly unreadable: number };
  readonly warnings: readonly Warning[];
}

/** Where the predictions of a classifier stand. */
interface Origin {
  readonly path: string;
  readonly source: string;
  /** Predictions that are none of the labels. */
  readonly outside: number;
}

type NamedSet = PredictionSet & { readonly path: string };

/** More labels than this are texts or numbers: a comparison of two counts the cube of their number. */
const mostLabels = 100;

const shown = 5;

/**
 * Joins the predictions of several files by the ids of their rows. Gold labels may stand in any of the files.
 * @throws ComparisonError for repeated ids, contradictory gold labels, and where no row is left
 */
export function joinPredictions(files: readonly PredictionFile[], options: JoinOptions = {}): JoinedPredictions {
  const sets = nameSets(files);
  for (const { path, source, predictions } of sets) rejectRepeated(path, source, predictions);
  for (const { path, sets: own, gold } of files) if (own.length === 0) rejectRepeated(path, 'gold labels', gold);
  const labels = options.labels ?? labelsIn(files, options.translations);
  const gold = new GoldLabels(labels, options.translations);
  const { rows, unlabelled } = goldRows(files, gold);
  const predicted = sets.map((set) => new Set(set.predictions.map(({ id }) => id)));
  const inSome = rows.filter(({ id }) => predicted.some((ids) => ids.has(id)));
  const kept = options.missing === 'wrong' ? inSome : inSome.filter(({ id }) => predicted.every((ids) => ids.has(id)));
  rejectNothing(sets, rows, kept);
  const counts = Object.fromEntries(labels.map((label) => [label, 0]));
  for (const { expected } of kept) counts[expected] = (counts[expected] ?? 0) + 1;
  rejectOneLabel(kept, counts);
  const read = sets.map((set) => readSet(set, kept, gold));
  const unreadable = files.reduce((sum, file) => sum + file.unreadable, 0);
  const known = new Set(rows.map(({ id }) => id));
  return {
    data: { labels, rows: kept, counts },
    given: read.map(({ answers }) => answers),
    excluded: { unlabelled, missing: rows.length - kept.length, unreadable },
    warnings: [
      ...sets.flatMap((set, index) => missingWarning(set, inSome, predicted[index] ?? new Set(), options)),
      ...unknownWarning(sets, known),
      ...(unreadable > 0 ? [`excluded: ${plural(unreadable, 'row')} that cannot be read`] : []),
      ...read.flatMap(({ warning }) => warning ?? []),
    ],
  };
}

/** Gives every classifier a name of its own: that of its file where the file has one only. */
function nameSets(files: readonly PredictionFile[]): readonly NamedSet[] {
  const all = files.flatMap(({ path, sets }) =>
    sets.map((set) => {
      const base = (path.split(/[\\/]/).at(-1) ?? path).replace(/(?:\.[a-z]+)?(?:\.gz)?$/i, '') || path;
      const short = set.isFreeText ? set.name : sets.length === 1 ? base : set.name;
      return { ...set, path, names: [short, `${base}: ${set.name}`, `${path}: ${set.name}`] };
    }),
  );
  const taken = new Set<string>();
  return all.map(({ names, ...set }) => {
    const isUnique = (name: string, level: number) => all.filter((other) => other.names[level] === name).length === 1;
    let name = names.find(isUnique) ?? names[2] ?? set.name;
    for (let number = 2; taken.has(name); number += 1) name = `${names[2]} (${number})`;
    taken.add(name);
    return { ...set, name };
  });
}

function rejectRepeated(path: string, source: string, rows: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { id } of rows) (seen.has(id) ? twice : seen).add(id);
  if (twice.size === 0) return;
  throw new ComparisonError(
    `${path}: ${plural(twice.size, 'id')} ${twice.size === 1 ? 'comes' : 'come'} more than once (${source}): ${listIds(twice)}`,
    ['rows are joined by their ids: name another column with ', { option: 'id' }, ', or remove the duplicates'],
  );
}

function listIds(ids: Iterable<string>): string {
  const all = [...ids];
  const listed = all.slice(0, shown).map((id) => id.slice(0, 40));
  return all.length > shown ? `${listed.join(', ')}, …` : listed.join(', ');
}

/** The labels that occur, each as it is written first, in the order of their code units. */
function labelsIn(files: readonly PredictionFile[], translations?: ReadonlyMap<string, string>): readonly string[] {
  const translated = new GoldLabels([], translations);
  const byForm = new Map<string, string>();
  for (const { gold } of files) {
    for (const { value } of gold) {
      const label = translated.labelOf(value);
      if (label !== undefined && !byForm.has(foldName(label))) byForm.set(foldName(label), cleanLabel(label));
    }
  }
  if (byForm.size > mostLabels) {
    throw new ComparisonError(
      `the gold column has ${byForm.size} different values: ${listIds(byForm.values())}`,
      `a comparison takes at most ${mostLabels} labels: check that it is the column of the labels`,
    );
  }
  return [...byForm.values()].sort();
}

/** The rows with a gold label, in the order in which the files have them. */
function goldRows(files: readonly PredictionFile[], gold: GoldLabels) {
  const found = new Map<string, { expected: string | undefined; path: string; text: string | null }>();
  const contradictory = new Map<string, string>();
  const outside = new ValuesOutside();
  for (const { path, gold: entries } of files) {
    for (const { id, value, text } of entries) {
      const expected = gold.labelOf(value);
      const before = found.get(id);
      if (before?.expected === undefined) {
        if (expected !== undefined && !gold.has(expected)) outside.add(expected);
        found.set(id, { expected, path, text: before?.text ?? text });
      } else if (expected !== undefined && expected !== before.expected) {
        contradictory.set(id, `'${before.expected}' in ${before.path}, '${expected}' in ${path}`);
      }
    }
  }
  if (contradictory.size > 0) throw contradiction(contradictory);
  if (outside.rows > 0) throw goldOutside(outside, gold.labels);
  const rows: PredictedRow[] = [];
  let index = 0;
  for (const [id, { expected, text }] of found) {
    if (expected !== undefined) rows.push({ index, id, expected, text });
    index += 1;
  }
  return { rows, unlabelled: found.size - rows.length };
}

function contradiction(contradictory: ReadonlyMap<string, string>): ComparisonError {
  const examples = [...contradictory].slice(0, 3).map(([id, labels]) => `${id} (${labels})`);
  const more = contradictory.size > 3 ? ', …' : '';
  return new ComparisonError(
    `${plural(contradictory.size, 'row')} with different gold labels: ${examples.join(', ')}${more}`,
    ['give the gold labels in one file only, or check ', { option: 'id' }],
  );
}

function goldOutside(outside: ValuesOutside, labels: readonly string[]): ComparisonError {
  const problem = `${plural(outside.rows, 'gold label')} ${outside.rows === 1 ? 'is' : 'are'} none of ${labels.map(listEntry).join(', ')}: ${outside.list()}`;
  const pairs = outside.translations(labels);
  const labelsOption = { option: 'labels' };
  if (pairs.length === 0) return new ComparisonError(problem, ['name all labels with ', labelsOption]);
  const map = { option: 'map', value: shellWord(pairs.join(',')) };
  return new ComparisonError(problem, ['translate with ', map, ', or name all labels with ', labelsOption]);
}

function rejectNothing(sets: readonly NamedSet[], gold: readonly PredictedRow[], kept: readonly PredictedRow[]): void {
  if (sets.length === 0) {
    throw new ComparisonError('no file has a column of predictions', ['name it with ', { option: 'prediction' }]);
  }
  if (gold.length === 0) {
    throw new ComparisonError('no row has a gold label', ['name their column with ', { option: 'gold' }]);
  }
  if (kept.length > 0) return;
  const ids = sets.map(({ path, predictions }) => `${path} has ${listIds(predictions.map(({ id }) => id))}`);
  throw new ComparisonError(
    `no id is in all files: the gold labels have ${listIds(gold.map(({ id }) => id))}; ${[...new Set(ids)].join('; ')}`,
    ['name the column of the ids with ', { option: 'id' }],
  );
}

function rejectOneLabel(rows: readonly PredictedRow[], counts: Readonly<Record<string, number>>): void {
  const [first] = rows;
  if (!first || counts[first.expected] !== rows.length) return;
  throw new ComparisonError(
    `all ${rows.length} compared rows have the gold label '${first.expected}'`,
    'a comparison needs rows of two labels at least',
  );
}

/** The predictions of one classifier for the rows, and what it says of those that are none of the labels. */
function readSet(
  { name, path, source, isFreeText, predictions }: NamedSet,
  rows: readonly GoldRow[],
  gold: GoldLabels,
) {
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  const answers = new RoundAnswers(gold.labels, rows.length);
  const outside = new ValuesOutside();
  for (const [position, { id }] of rows.entries()) {
    const { value = null, confidence = null } = byId.get(id) ?? {};
    if (value === null) continue;
    const label = readLabel(value, gold, isFreeText);
    if (label === undefined) outside.add(value);
    else answers.set(position, label, confidence);
  }
  const many = outside.rows === 1 ? '1 prediction is' : `${outside.rows} predictions are`;
  return {
    answers: { name, answers, path, source, outside: outside.rows },
    warning:
      outside.rows === 0
        ? undefined
        : `${name}: ${many} none of ${listNames(gold.labels)}, and ${outside.rows === 1 ? 'counts' : 'count'} as wrong: ${outside.list()}`,
  };
}

function readLabel(value: string, gold: GoldLabels, isFreeText: boolean): string | undefined {
  const translated = gold.labelOf(value);
  if (translated !== undefined && gold.has(translated)) return translated;
  return labelOf(value, gold.labels) ?? (isFreeText ? findLabel(value, gold.labels) : undefined);
}

function missingWarning(
  { name }: NamedSet,
  rows: readonly GoldRow[],
  ids: ReadonlySet<string>,
  { missing = 'exclude' }: JoinOptions,
): readonly Warning[] {
  const absent = rows.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
  if (absent.length === 0) return [];
  const lacks = `${name} has no prediction for ${absent.length} of ${plural(rows.length, 'row')} (${listIds(absent)}): `;
  if (missing === 'wrong') return [`${lacks}they count as wrong`];
  return [[`${lacks}they are excluded for all; `, { option: 'missing', value: 'wrong' }, ' counts them as wrong']];
}

function unknownWarning(sets: readonly NamedSet[], known: ReadonlySet<string>): readonly Warning[] {
  const unknown = new Set(
    sets.flatMap(({ predictions }) => predictions.map(({ id }) => id)).filter((id) => !known.has(id)),
  );
  return unknown.size === 0
    ? []
    : [`excluded: ${plural(unknown.size, 'row')} without a gold label (${listIds(unknown)})`];
}
