import type { SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import { isListLike, isMapLike } from 'hyparquet/src/schema.js';
import { bytesText, plainInteger, plainNumber } from './plain-value.js';

/** The schema with what old and new writers say about groups in the old way, which the library looks for. */
export function schemaTree(schema: readonly SchemaElement[]): SchemaTree {
  return parquetSchema({ schema: schema.map(withConvertedType) });
}

/** The same without maps: they are read as the lists that they are, so that no key is lost. */
export function readingTree(schema: readonly SchemaElement[]): SchemaTree {
  const elements = schema.map(withConvertedType).map((element) => {
    if (element.converted_type !== 'MAP') return element;
    const { converted_type: _converted, logical_type: _logical, ...rest } = element;
    return rest;
  });
  return parquetSchema({ schema: elements });
}

function withConvertedType(element: SchemaElement): SchemaElement {
  const kind = element.logical_type?.type;
  return kind === 'LIST' || kind === 'MAP' ? { ...element, converted_type: kind } : element;
}

/**
 * A value that was put together by the library, with what it leaves open: null for what is not there, a map as a list
 * of `{key, value}`, a VARIANT as plain JSON.
 */
export function nestedValue(tree: SchemaTree, value: unknown, isElement = false): unknown {
  if (value === null || value === undefined) return null;
  if (tree.element.logical_type?.type === 'VARIANT') return plainVariant(value);
  const inner = listElement(tree);
  if (inner) return Array.isArray(value) ? value.map((one: unknown) => nestedValue(inner, one, true)) : value;
  if (isMapLike(tree)) return mapEntries(tree, value);
  if (tree.element.repetition_type === 'REPEATED' && !isElement && Array.isArray(value)) {
    return value.map((one: unknown) => nestedValue(tree, one, true));
  }
  if (tree.children.length === 0 || typeof value !== 'object') return value;
  return objectOf(tree.children.map((child) => [child.element.name, nestedValue(child, field(value, child))]));
}

/** What the elements of a list are; null where the tree is no list. */
export function listElement(tree: SchemaTree): SchemaTree | null {
  if (!isListLike(tree)) return null;
  const [repeated] = tree.children;
  if (!repeated) return null;
  const [only, ...others] = repeated.children;
  return only && others.length === 0 ? only : repeated;
}

/** The parts of a map; null where the tree is none. */
export function mapParts(tree: SchemaTree): { readonly key: SchemaTree; readonly value: SchemaTree } | null {
  if (!isMapLike(tree)) return null;
  const parts = tree.children[0]?.children ?? [];
  const key = parts.find(({ element }) => element.name === 'key');
  const value = parts.find(({ element }) => element.name === 'value');
  return key && value ? { key, value } : null;
}

function mapEntries(tree: SchemaTree, value: unknown): unknown {
  const [repeated] = tree.children;
  const parts = mapParts(tree);
  const entries = repeated && typeof value === 'object' && value !== null ? field(value, repeated) : null;
  if (!parts || !Array.isArray(entries)) return [];
  return entries.map((entry: unknown) => {
    const from = typeof entry === 'object' && entry !== null ? entry : {};
    return objectOf([
      ['key', nestedValue(parts.key, field(from, parts.key))],
      ['value', nestedValue(parts.value, field(from, parts.value))],
    ]);
  });
}

/** An own property: `__proto__` is a name like any other. */
export function field(value: object, { element }: SchemaTree): unknown {
  return Object.getOwnPropertyDescriptor(value, element.name)?.value;
}

/** An object of plain properties, whatever their names. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries);
}

function plainVariant(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return plainInteger(value);
  if (typeof value === 'number') return plainNumber(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plainVariant);
  if (typeof value !== 'object') return value;
  return objectOf(Object.entries(value).map(([name, one]: [string, unknown]) => [name, plainVariant(one)]));
}
