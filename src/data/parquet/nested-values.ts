import { parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet';
import { leafType, plainValue } from './leaf-values.js';

/** The schema as a tree, with what new writers say about lists and maps said in the old way, too. */
export function schemaTree(schema: readonly SchemaElement[]): SchemaTree {
  return parquetSchema({
    schema: schema.map((element) => {
      const kind = element.logical_type?.type;
      return kind === 'LIST' || kind === 'MAP' ? { ...element, converted_type: kind } : element;
    }),
  });
}

/** The columns of values below a part of the schema, each with the path that leads to it. */
export function leavesOf(tree: SchemaTree, above: readonly SchemaTree[] = []): readonly (readonly SchemaTree[])[] {
  const path = [...above, tree];
  return tree.children.length === 0 ? [path] : tree.children.flatMap((child) => leavesOf(child, path));
}

/** What a list or a map repeats: the group below it. Null for anything else. */
export function repeatedPart({ element, children }: SchemaTree): SchemaTree | null {
  const [only, ...others] = children;
  if (!only || others.length > 0 || only.element.repetition_type !== 'REPEATED') return null;
  const isList = element.converted_type === 'LIST' && only.children.length <= 1;
  return isList || (element.converted_type === 'MAP' && only.children.length === 2) ? only : null;
}

/** What the elements of a list are. */
export function elementOf(repeated: SchemaTree): SchemaTree {
  const [only] = repeated.children;
  return only && repeated.children.length === 1 ? only : repeated;
}

/** Makes a plain JSON value of what `ColumnRows` gives for each column of values below a part of the schema, in order. */
export type ToPlain = (raw: readonly unknown[]) => unknown;

/** How values of a part of the schema become plain JSON: a map is a list of `{key, value}`, null is what is not there. */
export function toPlain(tree: SchemaTree): ToPlain {
  const { repetition_type: repetition } = tree.element;
  const content = contentOf(tree);
  if (repetition === 'REPEATED') return (raw) => itemsOf(raw).map(content);
  if (repetition !== 'OPTIONAL' || tree.children.length === 0) return content;
  return (raw) => {
    const [found] = itemsOf(raw);
    return found ? content(found) : null;
  };
}

function contentOf(tree: SchemaTree): ToPlain {
  const { children, element } = tree;
  if (children.length === 0) {
    const type = leafType(element);
    return ([value]) => (value === null ? null : plainValue(value, type));
  }
  const repeated = repeatedPart(tree);
  if (repeated) {
    const part = elementOf(repeated);
    const item = part === repeated ? contentOf(part) : toPlain(part);
    return (raw) => itemsOf(raw).map(item);
  }
  let end = 0;
  const parts = children.map((child) => {
    const start = end;
    end += leavesOf(child).length;
    return { name: child.element.name, start, end, convert: toPlain(child) };
  });
  return (raw) => Object.fromEntries(parts.map((part) => [part.name, part.convert(raw.slice(part.start, part.end))]));
}

/** Lists of equal length, one for each column of values, as a list of what stands at each position. */
function itemsOf(raw: readonly unknown[]): readonly (readonly unknown[])[] {
  const lists = raw.map((list) => (Array.isArray(list) ? list : []));
  const length = lists[0]?.length ?? 0;
  if (lists.some((list) => list.length !== length)) throw new Error('its parts are not of the same length');
  return Array.from({ length }, (_, position) => lists.map((list) => list[position]));
}

/** An own property: `__proto__` is a name like any other. */
export function field(value: object, { element }: SchemaTree): unknown {
  return Object.getOwnPropertyDescriptor(value, element.name)?.value;
}
