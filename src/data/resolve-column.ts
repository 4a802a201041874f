import type { OptionHint } from '../foundation/errors/chorale-error.js';
import { quoted } from '../foundation/text/control-characters.js';
import { nearestName } from '../foundation/text/message-text.js';
import { foldName } from '../foundation/text/visible-text.js';
import { ColumnError } from './data-errors.js';
import { columnIndex } from './row.js';

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

/** Names that count where no column has one of those: plurals of them, and what surveys and forms call a text. */
const furtherTextNames = new Set([
  ...['texts', 'reviews', 'comments', 'sentences', 'feedback', 'feedbacks', 'description', 'descriptions'],
  ...['reviewtext', 'review body', 'review_body', 'reviewbody', 'review content', 'review_content'],
]);

/**
 * The name under which `cellOf` finds the column that a person asked for: an exact match, else the only
 * column that matches without regard to case (see `foldName`). Of columns with the same name, `a` is the first and `a_2`
 * the second.
 * @param option the option that names the column, for the message
 * @throws ColumnError for no such column (with the nearest one), or several
 */
export function resolveColumn(columns: readonly string[], wanted: string, option: string | OptionHint): string {
  const named = typeof option === 'string' ? { option } : option;
  const names = [...columnIndex(columns).keys()];
  if (names.includes(wanted)) return wanted;
  const similar = names.filter((name) => foldName(name) === foldName(wanted));
  const [only] = similar;
  if (only !== undefined && similar.length === 1) return only;
  if (similar.length > 1) {
    throw new ColumnError([named, ` ${quoted(wanted)} may be ${list(similar)}: write it exactly`], names);
  }
  const nearest = nearestName(wanted, names);
  const hint = nearest === null ? '' : ` (did you mean ${quoted(nearest)}?)`;
  throw new ColumnError([named, `: there is no column ${quoted(wanted)}${hint}`], names);
}

/**
 * The name under which `cellOf` finds the text to analyse: `wanted`, or the only column that is called like a text
 * (`text`, `review`, `review text`, `review_text`, `content`, `comment`, `body`, `sentence`; where there is none of them,
 * their plurals, `feedback`, `description` and their like; in any case).
 * @throws ColumnError if `wanted` is not there, or none or several columns could be the text
 */
export function resolveTextColumn(columns: readonly string[], wanted?: string): string {
  if (wanted !== undefined) return resolveColumn(columns, wanted, 'text');
  const names = [...columnIndex(columns).keys()];
  const called = (known: ReadonlySet<string>) =>
    names.filter((_, position) => known.has(foldName(columns[position] ?? '')));
  const usual = called(textColumnNames);
  const candidates = usual.length > 0 ? usual : called(furtherTextNames);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  if (only !== undefined) {
    throw new ColumnError([`${list(candidates)} could all be the text; name the text column with `, textOption], names);
  }
  throw new ColumnError(['no column is called like a text; ', ...wayOut(names)], names);
}

const textOption = { option: 'text', value: 'COLUMN' };

function wayOut(names: readonly string[]): readonly (string | OptionHint)[] {
  const separator = names.length === 1 ? /[;\t|,]/.exec(names[0] ?? '')?.[0] : undefined;
  if (separator !== undefined) {
    const name = separator === '\t' ? 'a tab' : `'${separator}'`;
    return [`the only one has ${name} in it: if that separates the cells, give it as `, { option: 'delimiter' }];
  }
  const probable = names.filter((name) =>
    /text|review|comment|feedback|descri|content|messag|opinion|body/i.test(name),
  );
  const hint = probable.length > 0 && probable.length < 6 ? ` (${list(probable)}?)` : '';
  return ['name the text column with ', textOption, hint];
}

/** Whether a name is that of a text beyond doubt, or only likely so. */
export function isUsualTextName(name: string): boolean {
  return textColumnNames.has(foldName(name));
}

function list(names: readonly string[]): string {
  return names.map((name) => quoted(name)).join(', ');
}
