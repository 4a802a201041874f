import { CsvRowParser } from './csv-row-parser.js';
import type { TextFormat } from './data-format.js';
import { JsonRowParser } from './json-row-parser.js';
import { JsonlRowParser } from './jsonl-row-parser.js';
import type { ParserContext, RowParser } from './row-parser.js';

/** The parser of a format, for one file. */
export function createRowParser(format: TextFormat, context: ParserContext): RowParser {
  switch (format) {
    case 'csv':
      return new CsvRowParser(context, ',');
    case 'tsv':
      return new CsvRowParser(context, '\t');
    case 'jsonl':
      return new JsonlRowParser(context);
    case 'json':
      return new JsonRowParser(context);
  }
}
