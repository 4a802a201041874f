import type { OptionHint } from '../foundation/errors/chorale-error.js';
import { quoted } from '../foundation/text/control-characters.js';
import { nearestName, shellWord } from '../foundation/text/message-text.js';
import { foldName } from '../foundation/text/visible-text.js';
import { ColumnError } from './data-errors.js';
import { resolveColumn } from './resolve-column.js';
import { columnIndex } from './row.js';

/** The name of a column where names have no blanks: `Review Text` is `review_text`. Empty if it has no letter or digit. */
export function slugOf(column: string): string {
  return foldName(column)
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replace(/^_|_$/g, '');
}

/**
 * The columns that a name may mean: the one that is called so, else those that differ in case only, else those with the same
 * slug. One, several, or none.
 */
export function columnsCalled(names: readonly string[], wanted: string): readonly string[] {
  if (names.includes(wanted)) return [wanted];
  const slug = slugOf(wanted);
  const similar = slug === '' ? [] : names.filter((name) => slugOf(name) === slug);
  const folded = similar.filter((name) => foldName(name) === foldName(wanted));
  return folded.length === 1 ? folded : similar;
}

/** A name of a column in a prompt. */
export interface ColumnName {
  readonly name: string;
  /** The prompt. */
  readonly prompt: string;
}

/**
 * The columns that prompts name, by these names.
 * @param given columns that a person gave a name
 * @param otherNames what a misspelt name may have been meant for, beside columns
 * @throws ColumnError for no such column, with the nearest name, or several
 */
export function resolveNamedColumns(
  columns: readonly string[],
  wanted: readonly ColumnName[],
  given: ReadonlyMap<string, string>,
  otherNames: readonly string[],
): ReadonlyMap<string, string> {
  const names = [...columnIndex(columns).keys()];
  const found = new Map<string, string>();
  const missing: string[] = [];
  for (const { name, prompt } of wanted) {
    const column = given.get(name);
    if (column !== undefined) {
      found.set(name, resolveColumn(columns, column, optionFor(name, column)));
      continue;
    }
    const [only, ...others] = columnsCalled(names, name);
    if (only === undefined) missing.push(`{{${name}}}${hintOn(name, names, otherNames)}`);
    else if (others.length === 0) found.set(name, only);
    else {
      const candidates = [only, ...others].map((one) => quoted(one)).join(', ');
      throw new ColumnError(
        [`{{${name}}} in the prompt ${prompt} may be ${candidates}: say which with `, optionFor(name)],
        names,
      );
    }
  }
  if (missing.length === 0) return found;
  const { name, prompt } = wanted.find((one) => !found.has(one.name)) ?? { name: '', prompt: '' };
  const unknown = missing.length === 1 ? 'which is no column' : 'which are no columns';
  throw new ColumnError(
    [`the prompt ${prompt} names ${missing.join(' and ')}, ${unknown}; a column gets this name with `, optionFor(name)],
    names,
  );
}

function optionFor(name: string, column = 'COLUMN'): OptionHint {
  return { option: 'var', value: shellWord(`${name}=${column}`) };
}

function hintOn(name: string, names: readonly string[], otherNames: readonly string[]): string {
  const slugs = names.map(slugOf).filter((slug) => slug !== '');
  const words = slugOf(name).split('_');
  const similar = slugs.find((slug) => slug.split('_').some((word) => words.includes(word)));
  const nearest = nearestName(name, slugs) ?? similar ?? nearestName(name, otherNames);
  return nearest === null ? '' : ` (did you mean {{${nearest}}}?)`;
}
