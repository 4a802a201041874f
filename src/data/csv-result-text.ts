import { stringify } from 'csv-stringify/sync';
import { addedColumns } from './added-columns.js';
import { cellOf } from './cell-of.js';
import { columnIndex } from './column-index.js';
import { JsonNumber, writeJson } from './json-number.js';
import type { ResultFields, ResultText } from './result-writer.js';
import type { Row } from './row.js';
import { withSurplus } from './row-object.js';

/**
 * CSV or TSV: the input's columns as they came, then one column `chorale_<field>` for each field. Quoted as in
 * RFC 4180, with LF at the end of a line. Cells that are added here are made safe for spreadsheets, the user's are not.
 * @throws ColumnError where the input has one of the added columns already
 */
export function csvResultText(
  columns: readonly string[],
  fieldNames: readonly string[],
  delimiter: ',' | '\t',
): ResultText {
  const added = addedColumns(columns, fieldNames);
  const names = [...columnIndex(columns).keys()];
  const line = (cells: readonly string[]) => stringify([cells], { delimiter, quote_record_delimiter: true });
  return {
    head: line([...columns, ...added]),
    row(row: Row, given: ResultFields) {
      const fields = withSurplus(row, given);
      const own = row.columns === columns ? row.cells : names.map((name) => cellOf(row, name));
      return line([...own.map(cellText), ...fieldNames.map((name) => safeCellText(fields[name] ?? null))]);
    },
    tail: '',
  };
}

/** A value as a cell: nothing for null, JSON for lists and objects. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'object' ? writeJson(value) : String(value);
}

/** The same, with a `'` before text that a spreadsheet would take for a formula. Numbers are numbers, not text. */
function safeCellText(value: string | number | boolean | null): string {
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : cellText(value);
}
