import type { Place, RowError } from './data-errors.js';

/** One row of the input, whatever its format. */
export interface Row {
  /** 0-based position over all inputs; rows with a `problem` count. */
  readonly index: number;
  /** The input (`<stdin>` for `-`) and the 1-based line where the row starts. */
  readonly place: Place;
  /** Tabular: the header, one array shared by all rows. Objects: the keys of this object. */
  readonly columns: readonly string[];
  /** As many as `columns`. Tabular: strings, undefined if the row has too few. JSON: any JSON
   * value, with a `JsonNumber` for what JavaScript would write otherwise. */
  readonly cells: readonly unknown[];
  /** Why the row cannot be used, or null. The other rows are not affected. */
  readonly problem: RowError | null;
  /** Cells beyond the header, of a row that has a problem because of them. */
  readonly surplus?: readonly string[] | undefined;
  /** An object of a JSON file as it stands there, on one line; undefined for rows of tables. */
  readonly json?: string | undefined;
  /** What stands in the file where no object could be read (JSONL: the line, JSON: the element as JSON); else null. */
  readonly source: string | null;
}

/** About how much memory the cells of a row take, in characters. */
export function rowSize({ cells, json, source }: Row): number {
  let size = cells.length + (json?.length ?? 0) + (source?.length ?? 0);
  for (const cell of cells) if (typeof cell === 'string') size += cell.length;
  return size;
}

const indexes = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/**
 * Every column under a name of its own, with its position: a name that comes again gets `_2`, `_3` …, skipping those
 * that are in the header already. The first one keeps its name, the empty name stays empty.
 * The answer is kept for each array of columns, so asking again costs one look-up.
 */
export function columnIndex(columns: readonly string[]): ReadonlyMap<string, number> {
  const kept = indexes.get(columns);
  if (kept) return kept;
  const index = new Map<string, number>();
  const given = new Set(columns);
  /** The number that a name got last: names that come again thousands of times cost no time for each pair of them. */
  const numbers = new Map<string, number>();
  columns.forEach((name, position) => {
    let unique = name;
    if (index.has(name)) {
      let number = numbers.get(name) ?? 1;
      do {
        number += 1;
        unique = `${name}_${number}`;
      } while (given.has(unique) || index.has(unique));
      numbers.set(name, number);
    }
    index.set(unique, position);
  });
  indexes.set(columns, index);
  return index;
}

/**
 * The cell of a row under a column's name, as `resolveColumn` gives it (`a_2` is the second of two columns `a`);
 * undefined if the row has no such column. One look-up for the rows of a table.
 */
export function cellOf(row: Row, column: string): unknown {
  const position = columnIndex(row.columns).get(column);
  return position === undefined ? undefined : row.cells[position];
}

/**
 * A row as an object without prototype, so that no column name (`__proto__`) means anything special.
 * Header names that come again are numbered: `a`, `a_2`. Cells beyond the header are
 * a list under `surplus_cells`; those that a row has too few are not there.
 */
export function rowObject(row: Row): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, position] of columnIndex(row.columns)) {
    const cell = row.cells[position];
    if (cell !== undefined) object[name] = cell;
  }
  if (row.surplus) object[surplusName(object)] = row.surplus;
  return object;
}

/** A name that no column has. */
function surplusName(object: Readonly<Record<string, unknown>>): string {
  let name = 'surplus_cells';
  while (name in object) name = `_${name}`;
  return name;
}
