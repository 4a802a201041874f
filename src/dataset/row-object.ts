import { columnIndex } from './column-index.js';
import type { Row } from './row.js';

/**
 * A row as an object without prototype, so that no column name (`__proto__`) means anything special.
 * Header names that come again are numbered: `a`, `a_2`.
 */
export function rowObject(row: Row): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, position] of columnIndex(row.columns)) object[name] = row.cells[position];
  return object;
}
