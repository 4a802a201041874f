import { ColumnError, nearestName } from '../errors/index.js';
import { columnIndex } from './column-index.js';
import { escapeControls, quoted } from './escape-controls.js';

const textColumnNames = new Set([
  'text',
  'review',
  'review text',
  'review_text',
  'content',
  'comment',
  'body',
  'sentence',
]);

/**
 * The name under which `cellOf` finds the column that a person asked for: an exact match, else the only one that
 * differs in case or surrounding whitespace alone. Of columns with the same name, `a` is the first and `a_2` the second.
 * @param option who asks, for the message (`--id`)
 * @throws ColumnError for no such column (with the nearest one), or several
 */
export function resolveColumn(columns: readonly string[], wanted: string, option: string): string {
  const names = [...columnIndex(columns).keys()];
  if (names.includes(wanted)) return wanted;
  const similar = names.filter((name) => normalized(name) === normalized(wanted));
  const [only] = similar;
  if (only !== undefined && similar.length === 1) return only;
  if (similar.length > 1) {
    throw columnProblem(`${option} ${quoted(wanted)} may be ${list(similar)}: write it exactly`, names);
  }
  const nearest = nearestName(wanted, names);
  const hint = nearest === null ? '' : ` (did you mean ${quoted(nearest)}?)`;
  throw columnProblem(`${option}: there is no column ${quoted(wanted)}${hint}`, names);
}

/**
 * The name under which `cellOf` finds the text to analyse: `wanted`, or the only column that is called like a text
 * (`text`, `review`, `review text`, `review_text`, `content`, `comment`, `body`, `sentence`; in any case).
 * @throws ColumnError where `wanted` is not there, or none or several columns could be the text
 */
export function resolveTextColumn(columns: readonly string[], wanted?: string): string {
  if (wanted !== undefined) return resolveColumn(columns, wanted, '--text');
  const names = [...columnIndex(columns).keys()];
  const candidates = names.filter((_, position) => textColumnNames.has(normalized(columns[position] ?? '')));
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  throw only === undefined
    ? columnProblem(`no column is called like a text; ${wayOut(names)}`, names)
    : columnProblem(`${list(candidates)} could all be the text; say which one it is with --text COLUMN`, names);
}

function wayOut(names: readonly string[]): string {
  const separator = names.length === 1 ? /[;\t|]/.exec(names[0] ?? '')?.[0] : undefined;
  if (separator === undefined) return 'say which one it is with --text COLUMN';
  const name = separator === '\t' ? 'a tab' : `'${separator}'`;
  return `the only one has ${name} in it: cells are separated by commas in a .csv, by tabs in a .tsv`;
}

function normalized(name: string): string {
  return name.trim().toLowerCase();
}

function list(names: readonly string[]): string {
  return names.map((name) => quoted(name)).join(', ');
}

function columnProblem(problem: string, names: readonly string[]): ColumnError {
  return new ColumnError(
    problem,
    names.map((name) => escapeControls(name)),
  );
}
