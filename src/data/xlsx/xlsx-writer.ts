import writeXlsxFile, { type Cell } from 'write-excel-file/node';
import { quoted } from '../../foundation/text/control-characters.js';
import { OutputError } from '../data-errors.js';
import { JsonNumber } from '../json-numbers.js';
import {
  addedColumns,
  cellText,
  type ResultFields,
  type RowSink,
  type WriterTarget,
  withSurplus,
} from '../result-text.js';
import { cellOf, columnIndex, type Row } from '../row.js';
import type { Sink } from '../stream-sinks.js';
import { mostCellCharacters, refuseLargeTable } from './sheet-limits.js';

/** The sheet that results are written to where no other name was given. */
const usualSheet = 'Results';

/** Integers from here on have more digits than Excel keeps. */
const endOfExact = 1e15;

/** Bytes that are handed on at once. */
const chunkBytes = 65_536;

/**
 * Writes rows to the only sheet of a workbook. All of them are held in memory until the end.
 * @throws OutputError for a stream, and for more columns than a sheet has; ColumnError if the table would have a column twice
 */
export function xlsxRows(target: WriterTarget): (sink: Sink) => RowSink {
  const { path, columns, fieldNames, withoutInput = false, sheet = usualSheet } = target;
  if (path === '-') throw new OutputError('<stdout>', 'a workbook cannot be written to a stream; write it to a file');
  const added = addedColumns(columns, fieldNames, withoutInput);
  const header = withoutInput ? added : [...columns, ...added];
  const names = withoutInput ? [] : [...columnIndex(columns).keys()];
  refuseLargeTable(path, 0, header.length);
  const cellsOf = (values: readonly unknown[], what: string) =>
    values.map((value, position) => cell(value, () => tooLong(path, what, header[position] ?? '')));
  return (sink) => {
    const table: Cell[][] = [cellsOf(header, 'the header')];
    const add = (row: Row, given: ResultFields) => {
      refuseLargeTable(path, table.length, header.length);
      const fields = withSurplus(row, given);
      const own = row.columns === columns && !withoutInput ? row.cells : names.map((name) => cellOf(row, name));
      table.push(cellsOf([...own, ...fieldNames.map((name) => fields[name] ?? null)], `row ${row.index + 1}`));
    };
    let failure: Promise<never> | undefined;
    return {
      write(row, fields) {
        if (failure) return failure;
        try {
          return add(row, fields);
        } catch (error) {
          failure = Promise.reject(error);
          return failure;
        }
      },
      flush: async () => failure,
      async finish() {
        await failure;
        const bytes = withoutTime(await writeXlsxFile(table, { sheet }).toBuffer());
        for (let at = 0; at < bytes.length; at += chunkBytes) await sink.write(bytes.subarray(at, at + chunkBytes));
        await sink.finish();
      },
      discard: () => sink.discard(),
    };
  };
}

/**
 * A value as a cell: numbers and booleans as what they are, everything else as text, which is no formula whatever it begins
 * with. Integers of more than 15 digits are text.
 */
function cell(value: unknown, tooLong: () => OutputError): Cell {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return value;
  const number = value instanceof JsonNumber && value.isExact ? Number(value.text) : value;
  if (typeof number === 'number' && Number.isFinite(number) && !isRounded(number)) return number;
  const text = cellText(value);
  if (text.length > mostCellCharacters) throw tooLong();
  return { type: String, value: escapeText(text) };
}

function isRounded(number: number): boolean {
  return Number.isInteger(number) && Math.abs(number) >= endOfExact;
}

function tooLong(path: string, what: string, column: string): OutputError {
  const place = `${what} has more than ${mostCellCharacters} characters in the column ${quoted(column)}`;
  return new OutputError(path, `${place}, and a cell of a workbook holds no more; write .csv or .jsonl`);
}

/** Characters that XML cannot hold, that it changes, or that the library drops; and what looks like an escaped one. */
const unsafe = /[^\P{Cc}\t\n]|\p{Cs}|\p{Noncharacter_Code_Point}|\ufffd|_(?=x[\da-fA-F]{4}_)/gu;

/** Names that every object has: the library would take them for texts that it knows already. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Text as Excel writes what XML cannot hold: `_x0008_`. */
function escapeText(text: string): string {
  if (inherited.has(text)) return escapedUnits(text.slice(0, 1)) + text.slice(1);
  return text.replace(unsafe, escapedUnits);
}

function escapedUnits(text: string): string {
  return [...Array(text.length).keys()]
    .map((position) => `_x${text.charCodeAt(position).toString(16).toUpperCase().padStart(4, '0')}_`)
    .join('');
}

/** The same archive with no times in it: the same rows make the same file. */
function withoutTime(archive: Buffer): Buffer {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const header = archive.readUInt32LE(at + 42);
    // 1 January 1980.
    archive.writeUInt32LE(0x21_0000, at + 12);
    archive.writeUInt32LE(0x21_0000, header + 10);
    at += 46 + archive.readUInt16LE(at + 28) + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return archive;
}
