import { columnIndex } from './column-index.js';
import type { Row } from './row.js';

/**
 * The cell of a row under a column's name, as `resolveColumn` gives it (`a_2` is the second of two columns `a`);
 * undefined where the row has no such column. One look-up for the rows of a table.
 */
export function cellOf(row: Row, column: string): unknown {
  const position = columnIndex(row.columns).get(column);
  return position === undefined ? undefined : row.cells[position];
}
