import type {
  FieldItem,
  FieldSpec,
  FieldValue,
  ListField,
  ScalarField,
  ScalarValue,
} from '../../classify/fields/field-spec.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { tryParseJson } from '../../foundation/lossless-json.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { listChoices, listNames } from '../../foundation/text/message-text.js';
import { cleanLabel, foldName } from '../../foundation/text/visible-text.js';
import { GoldLabels } from '../gold-labels.js';

/** What a cell of a gold column says of a field, or why it says nothing. */
export type GoldValue =
  | { readonly value: FieldValue; readonly problem?: undefined }
  | { readonly problem: string; readonly value?: undefined };

/** Reads gold values of one field: from values, and from texts as they stand in tables. */
export type GoldReader = (cell: unknown) => GoldValue;

/** The gold values of a row, by field. */
export type GoldFields = Readonly<Record<string, FieldValue>>;

/** A column of gold values of a field. */
export interface GoldColumn {
  readonly field: string;
  readonly column: string;
  readonly read: GoldReader;
}

/** Of a cell so much is shown. */
const longestShown = 30;

/** Words for true and false, folded. */
export const booleanWords: ReadonlyMap<string, 'true' | 'false'> = new Map([
  ...['true', 'yes', 'y', 't', '1'].map((text) => [text, 'true'] as const),
  ...['false', 'no', 'n', 'f', '0'].map((text) => [text, 'false'] as const),
]);

/** A reader of gold values of a field; undefined for a type whose values cannot be compared. */
export function goldReader(field: FieldSpec): GoldReader | undefined {
  switch (field.type) {
    case 'json':
      return undefined;
    case 'enums': {
      const read = scalarReader({ name: field.name, type: 'enum', values: field.values, label: false });
      return (cell) =>
        listOf(field.name, entriesOf(cell, field.values), read, (chosen) => inOrder(chosen, field.values));
    }
    case 'list': {
      const read = itemReader(field);
      return (cell) => listOf(field.name, jsonList(cell), read, (items) => items);
    }
    default:
      return scalarReader(field);
  }
}

/**
 * Reads the gold values of a review that a program gives.
 * @throws InvalidOptionError for a field that the prompt does not have, or a value that is none of its field
 */
export function goldFieldsReader(
  fields: readonly FieldSpec[] | null,
): (given: Readonly<Record<string, unknown>>, index: number) => GoldFields {
  const readers = new Map((fields ?? []).map((field) => [field.name, goldReader(field)]));
  return (given, index) => {
    const found: Record<string, FieldValue> = {};
    for (const [name, cell] of Object.entries(given)) {
      if (cell === undefined || cell === null) continue;
      const option = `inputs[${index}].expectedFields.${name}`;
      const read = readers.get(name);
      if (!read) {
        throw new InvalidOptionError(
          option,
          `a field with gold values (there are: ${listNames([...readers.keys()])})`,
          cell,
        );
      }
      const { value, problem } = read(cell);
      if (problem !== undefined) throw new InvalidOptionError(option, `a value of the field (${problem})`, cell);
      found[name] = value;
    }
    return found;
  };
}

function scalarReader(
  field: ScalarField,
): (cell: unknown) => { readonly value: ScalarValue } | { readonly problem: string } {
  const fault = (cell: unknown, wanted: string) => ({ problem: `${shown(cell)} is not ${wanted}` });
  switch (field.type) {
    case 'enum': {
      const gold = new GoldLabels(field.values);
      return (cell) => {
        const value = gold.labelOf(String(cell));
        return value !== undefined && gold.has(value)
          ? { value }
          : fault(cell, `${field.values.length === 1 ? '' : 'one of '}${listChoices(field.values)}`);
      };
    }
    case 'boolean':
      return (cell) => {
        const word = booleanWords.get(foldName(String(cell)));
        return word === undefined ? fault(cell, 'true or false') : { value: word === 'true' };
      };
    case 'number':
    case 'integer':
      return (cell) => {
        const value = numberOf(cell);
        if (value === undefined) return fault(cell, 'a number');
        return field.type === 'integer' && !Number.isInteger(value) ? fault(cell, 'a whole number') : { value };
      };
    case 'string':
      return (cell) => (typeof cell === 'object' ? fault(cell, 'a text') : { value: cleanLabel(String(cell)) });
  }
}

function itemReader(field: ListField) {
  const readers = field.fields.map((part) => ({ name: part.name, read: scalarReader(part) }));
  const names = readers.map(({ name }) => name);
  return (item: unknown): { readonly value: FieldItem } | { readonly problem: string } => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      return { problem: `${shown(item)} is not an object with ${names.join(', ')}` };
    }
    const cells = new Map(Object.entries(item));
    const extra = [...cells.keys()].find((key) => !names.includes(key));
    if (extra !== undefined)
      return { problem: `the key ${quoted(extra, longestShown)} is none of ${names.join(', ')}` };
    const value: Record<string, ScalarValue> = {};
    for (const { name, read } of readers) {
      if (!cells.has(name)) return { problem: `${shown(item)} lacks ${name}` };
      const found = read(cells.get(name));
      if ('problem' in found) return { problem: `${name}: ${found.problem}` };
      value[name] = found.value;
    }
    return { value };
  };
}

function listOf<T extends FieldItem | ScalarValue>(
  name: string,
  entries: readonly unknown[] | undefined,
  read: (entry: unknown) => { readonly value: T } | { readonly problem: string },
  finish: (values: readonly T[]) => FieldValue,
): GoldValue {
  if (entries === undefined) return { problem: 'it is not a JSON list' };
  const values: T[] = [];
  for (const [position, entry] of entries.entries()) {
    const found = read(entry);
    if ('problem' in found) return { problem: `${name}[${position}]: ${found.problem}` };
    values.push(found.value);
  }
  return { value: finish(values) };
}

/** The entries of a cell with several values: a JSON list, or texts with `;`, `|` or `,` between them. */
function entriesOf(cell: unknown, values: readonly string[]): readonly unknown[] {
  const list = jsonList(cell);
  if (list !== undefined) return list;
  const text = String(cell);
  if (values.some((value) => foldName(value) === foldName(text))) return [text];
  const separator = [';', '|'].find((mark) => text.includes(mark)) ?? ',';
  return text.split(separator).map((entry) => entry.trim());
}

function jsonList(cell: unknown): readonly unknown[] | undefined {
  const value = typeof cell === 'string' ? tryParseJson(cell) : cell;
  return Array.isArray(value) ? value : undefined;
}

function inOrder(chosen: readonly ScalarValue[], values: readonly string[]): readonly string[] {
  return values.filter((value) => chosen.includes(value));
}

function numberOf(cell: unknown): number | undefined {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
  const text = String(cell).trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function shown(value: unknown): string {
  return quoted(typeof value === 'object' ? JSON.stringify(value) : String(value), longestShown);
}
