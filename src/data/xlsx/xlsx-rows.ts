import { readSheet } from 'read-excel-file/node';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { plural } from '../../foundation/text/message-text.js';
import { InputError, RowError } from '../data-errors.js';
import { type DataSource, sourceName } from '../data-format.js';
import { readBytes } from '../read-bytes.js';
import { cellText } from '../result-text.js';
import type { Row } from '../row.js';
import { type Header, matchHeader, type ParserContext, type ReadOptions, type SourceRows } from '../row-parser.js';
import { damaged, mostBytes, type OpenWorkbook, openWorkbook, tooLarge } from './open-workbook.js';
import { wallClock } from './wall-clock.js';

/** Rows that are handed on together, at most. */
const batchRows = 1000;

/**
 * The rows of one sheet of a workbook, which is held in memory as a whole.
 * @throws InputError; the signal's reason when it is aborted
 */
export async function openXlsxRows(
  source: DataSource,
  { path, firstIndex, expected }: ParserContext,
  { signal, onSheets }: ReadOptions,
): Promise<SourceRows> {
  const workbook = openWorkbook(await bytesOf(source, signal), source.sheet, path);
  const { sheet, names } = workbook;
  if (source.sheet === undefined && names.length > 1) onSheets?.(path, sheet.name, names);
  const { header, rows } = tableOf(await cellsOf(workbook, path), workbook, expected, path);
  async function* batches(): AsyncGenerator<readonly Row[], void, undefined> {
    yield [];
    for (let at = 0; at < rows.length; at += batchRows) {
      signal?.throwIfAborted();
      const batch = rows.slice(at, at + batchRows);
      yield batch.map(([line, cells], position) => rowOf(firstIndex + at + position, { path, line }, header, cells));
    }
  }
  return { header, rowsPassed: 0, batches };
}

async function bytesOf(source: DataSource, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readBytes(source, signal)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > mostBytes) throw tooLarge(sourceName(source));
  }
  return Buffer.concat(chunks);
}

type Cells = readonly unknown[];

async function cellsOf({ bytes, sheet }: OpenWorkbook, path: string): Promise<readonly Cells[]> {
  try {
    return await readSheet(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), sheet.number, { trim: false });
  } catch (error) {
    // A defect of the library is met by what no spreadsheet program writes.
    const what = error instanceof TypeError ? 'it is written in an unusual way' : messageOf(error);
    throw damaged(path, what, error);
  }
}

interface Table {
  readonly header: readonly string[];
  /** Each with its number in the sheet. */
  readonly rows: readonly (readonly [line: number, cells: Cells])[];
}

/** The first row with a value is the header. Rows without one are passed over, as the empty lines of CSV. */
function tableOf(
  cells: readonly Cells[],
  { is1904, merged }: OpenWorkbook,
  expected: Header | null,
  path: string,
): Table {
  const isFilled = (cell: unknown) => cell !== null && cell !== '';
  const plain = (cell: unknown) => (cell instanceof Date ? wallClock(cell, is1904) : cell);
  const filled = cells.flatMap((row, index) => (row.some(isFilled) ? [[index + 1, row.map(plain)] as const] : []));
  const [first, ...rows] = filled;
  if (!first) throw new InputError({ path }, 'has no header: the sheet is empty');
  const [line, names] = first;
  refuseMerged(merged, { path, line });
  return { header: matchHeader(upToLast(names).map(cellText), expected, { path, line }), rows };
}

function refuseMerged(merged: readonly string[], place: { readonly path: string; readonly line: number }): void {
  const rowOfReference = (reference = '') => Number(/\d+$/.exec(reference)?.[0] ?? 0);
  const found = merged.find((range) => {
    const [start, end = start] = range.split(':');
    return rowOfReference(start) <= place.line && place.line <= rowOfReference(end);
  });
  if (found === undefined) return;
  const advice = 'give every column a header cell of its own, in one row';
  throw new InputError(place, `the header has merged cells (${found}); ${advice}`);
}

/** Cells up to the last one with a value. */
function upToLast(cells: Cells): Cells {
  return cells.slice(0, cells.findLastIndex((cell) => cell !== null && cell !== '') + 1);
}

function rowOf(
  index: number,
  place: { readonly path: string; readonly line: number },
  columns: readonly string[],
  all: Cells,
): Row {
  const cells = columns.map((_, position) => all[position] ?? null);
  const count = upToLast(all).length;
  if (count <= columns.length) return { index, place, columns, cells, problem: null, source: null };
  const problem = new RowError(place, `row has ${plural(count, 'cell')}, the header has ${columns.length}`);
  return {
    index,
    place,
    columns,
    cells,
    problem,
    source: null,
    surplus: all.slice(columns.length, count).map(cellText),
  };
}
