import type { Prompt } from '../classify/prompt/prompt.js';
import { rootNames } from '../classify/prompt/reserved-names.js';
import { columnsShown } from '../classify/prompt/template-variables.js';
import { type ColumnName, resolveNamedColumns, slugOf } from '../data/named-columns.js';
import { UsageError } from '../foundation/errors/chorale-error.js';
import { quoted } from '../foundation/text/control-characters.js';
import { listNames, nearestName, shellWord } from '../foundation/text/message-text.js';
import { readsNoPrompt, type Settings } from './options/settings.js';

/** The columns that the prompts of a command show beside the text. */
export interface ShownColumns {
  /** By their names in the templates. */
  readonly wanted: readonly ColumnName[];
  /** Columns that a person gave a name. */
  readonly given: ReadonlyMap<string, string>;
}

/** What a prompt without further columns shows. */
export const noColumns: ShownColumns = { wanted: [], given: new Map() };

/**
 * What prompts show. A provider that reads no prompt needs no columns.
 * @param flags names that were given for this command: each is one of the prompts'
 * @throws UsageError
 */
export function shownColumns(
  prompts: readonly Prompt[],
  settings: Pick<Settings, 'provider' | 'vars'>,
  flags: { readonly vars?: ReadonlyMap<string, string> | undefined },
): ShownColumns {
  const wanted = new Map<string, ColumnName>();
  for (const { name: prompt, template } of prompts) {
    for (const name of columnsShown(template)) if (!wanted.has(name)) wanted.set(name, { name, prompt });
  }
  for (const [name, column] of flags.vars ?? []) if (!wanted.has(name)) refuseUnused(name, column, prompts, wanted);
  return { wanted: readsNoPrompt(settings) ? [] : [...wanted.values()], given: settings.vars ?? new Map() };
}

function refuseUnused(
  name: string,
  column: string,
  prompts: readonly Prompt[],
  wanted: ReadonlyMap<string, ColumnName>,
): never {
  const names = [...wanted.keys()];
  const nearest = nearestName(name, names);
  const hint = nearest === null ? '' : ` (did you mean {{${nearest}}}?)`;
  const [who, they] =
    prompts.length === 1 ? [`the prompt ${prompts[0]?.name} does`, 'it shows'] : ['the prompts do', 'they show'];
  const shown = names.length === 0 ? 'no column beside the text' : listNames(names.map((one) => `{{${one}}}`));
  throw new UsageError(`--var ${shellWord(`${name}=${column}`)}: ${who} not show {{${name}}}${hint}; ${they} ${shown}`);
}

/**
 * The columns of an input, by their names in the prompts.
 * @param gold the columns of gold labels
 * @throws ColumnError; UsageError if a prompt shows the gold label
 */
export function findShownColumns(
  columns: readonly string[],
  { wanted, given }: ShownColumns,
  gold: readonly string[],
): ReadonlyMap<string, string> {
  const found = resolveNamedColumns(columns, wanted, given, rootNames);
  const [leak, label = ''] = [...found].find(([, column]) => gold.includes(column)) ?? [];
  if (leak === undefined) return found;
  const prompt = wanted.find(({ name }) => name === leak)?.prompt;
  throw new UsageError(
    `the prompt ${prompt} shows {{${leak}}}, which is the column ${quoted(label)} of --label: the model would only have to copy the gold label; remove it from the template, or omit --label`,
  );
}

/** What a prompt shows beside the text, for people. @param shown columns by their names in the prompt */
export function describeShown(shown: Readonly<Record<string, unknown>>): string {
  return Object.entries(shown)
    .map(([name, column]) => `{{${name}}} is ${column}`)
    .join(', ');
}

/** Columns of the input that a prompt with further columns cannot name, because the name means something else. */
export function reservedNote(columns: readonly string[], text: string, named: ReadonlyMap<string, string>) {
  if (named.size === 0) return undefined;
  const shown = [...named.values()];
  const taken = columns.filter(
    (column) => column !== text && !shown.includes(column) && rootNames.includes(slugOf(column)),
  );
  const [first] = taken;
  if (first === undefined) return undefined;
  const meaning = ['review', 'text'].includes(slugOf(first))
    ? `the text column ${quoted(text)}`
    : 'part of every prompt';
  return `{{${slugOf(first)}}} is ${meaning}, not the column ${quoted(first)}; --var NAME=${shellWord(first)} gives that one another name`;
}
