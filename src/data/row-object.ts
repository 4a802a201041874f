import { columnIndex } from './column-index.js';
import type { ResultFields } from './result-writer.js';
import type { Row } from './row.js';

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

/** What the `error` of a row says in a table, which has no place for cells beyond the header: the message and they. */
export function withSurplus(row: Row, fields: ResultFields): ResultFields {
  if (!row.surplus || typeof fields.error !== 'string') return fields;
  return { ...fields, error: `${fields.error}; surplus cells: ${JSON.stringify(row.surplus)}` };
}
