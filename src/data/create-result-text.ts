import { csvResultText } from './csv-result-text.js';
import type { TextFormat } from './data-format.js';
import { jsonlResultText, jsonResultText } from './json-result-text.js';
import type { ResultText } from './result-writer.js';

/**
 * How results look in a format.
 * @throws ColumnError where a table would have a column twice
 */
export function createResultText(
  format: TextFormat,
  columns: readonly string[],
  fieldNames: readonly string[],
): ResultText {
  switch (format) {
    case 'csv':
      return csvResultText(columns, fieldNames, ',');
    case 'tsv':
      return csvResultText(columns, fieldNames, '\t');
    case 'jsonl':
      return jsonlResultText(fieldNames);
    case 'json':
      return jsonResultText(fieldNames);
  }
}
