import { readFile } from 'node:fs/promises';
import { ConfigError, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { nearestName } from '../../foundation/text/message-text.js';
import type { OptionDefinition } from './option-definition.js';
import { type OptionName, optionTable } from './option-table.js';
import { InvalidValue } from './option-types.js';

/** The configuration file that is used where none is named. */
export const defaultConfigFile = 'chorale.config.json';

/** Reads a file of settings. @throws ConfigError */
export async function readConfigFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    const code = systemCodeOf(cause);
    throw new ConfigError(path, code === 'ENOENT' ? 'no such file' : `cannot be read (${String(code)})`, { cause });
  }
}

/** Whether a value is an object of named settings. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with a key that is not known. @param known the keys at its place */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = nearestName(key.split('.').at(-1) ?? '', known) ?? known.join(', ');
  return `unknown key '${key}' (nearest known: ${near})`;
}

/** A value of a file as texts that `parseOption` takes: those of a list one by one. @throws InvalidValue */
export function textsOf(value: unknown, option: OptionName): readonly string[] {
  const { type }: OptionDefinition = optionTable[option];
  const mayBeSeveral = repeatedTypes.includes(type);
  if (type === 'columnNames') return columnNamesOf(value);
  const values: readonly unknown[] = Array.isArray(value) && mayBeSeveral ? value : [value];
  if (values.length === 0) throw new InvalidValue('It must not be empty.');
  return values.map((one) => {
    if (type === 'hosts' && typeof one !== 'string') {
      throw new InvalidValue('It must be the address of a server, or a list of addresses.');
    }
    if (typeof one === 'object') throw new InvalidValue(mayBeSeveral ? 'It must be a list.' : 'It must be one value.');
    const [kind, name] = kinds[type] ?? ['string', 'a text'];
    // The message about a wrong choice names the right ones.
    if (typeof one !== kind && type !== 'choice') throw new InvalidValue(`It must be ${name}.`);
    return String(one);
  });
}

function columnNamesOf(value: unknown): readonly string[] {
  if (!isRecord(value)) throw new InvalidValue('It must have names and columns.');
  return Object.entries(value).map(([name, column]) => {
    if (typeof column !== 'string') throw new InvalidValue(`The column for '${name}' must be a text.`);
    return `${name}=${column}`;
  });
}

const repeatedTypes: readonly string[] = [
  ...['hosts', 'texts', 'thresholds', 'variantThresholds', 'outputs', 'labels', 'list'],
];

/** The JSON type of a value that is not a text, by the type of its option. */
const kinds: Readonly<Record<string, readonly [kind: string, name: string]>> = {
  switch: ['boolean', 'true or false'],
  wholeNumber: ['number', 'a whole number'],
};
