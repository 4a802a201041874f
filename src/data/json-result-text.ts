import { writeJson } from './json-number.js';
import type { ResultFields, ResultText } from './result-writer.js';
import type { Row } from './row.js';
import { rowObject } from './row-object.js';

/** JSON lines: one object for each row, with the fields in their order and `input`, the row as it came. */
export function jsonlResultText(fieldNames: readonly string[]): ResultText {
  return { head: '', row: (row, fields) => `${resultObject(row, fields, fieldNames)}\n`, tail: '' };
}

/** A JSON array of the same objects, one a line. Valid with its tail only. */
export function jsonResultText(fieldNames: readonly string[]): ResultText {
  let separator = '\n';
  return {
    head: '[',
    row(row, fields) {
      const text = separator + resultObject(row, fields, fieldNames);
      separator = ',\n';
      return text;
    },
    tail: '\n]\n',
  };
}

function resultObject(row: Row, fields: ResultFields, fieldNames: readonly string[]): string {
  const result: Record<string, unknown> = Object.create(null);
  for (const name of fieldNames) result[name] = fields[name] ?? null;
  if (row.json === undefined) return writeJson({ ...result, input: row.source ?? rowObject(row) });
  // What came as JSON goes out as it came: every digit, every key.
  const own = fieldNames.length === 0 ? '{' : `${JSON.stringify(result).slice(0, -1)},`;
  return `${own}"input":${row.json}}`;
}
