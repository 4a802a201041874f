import { OutputError } from '../data-errors.js';

/** What a sheet has, and what a cell holds in UTF-16 units, at most: the limits of Excel. */
export const mostSheetRows = 1_048_576;
const mostSheetColumns = 16_384;
export const mostCellCharacters = 32_767;

/** Cells that are held in memory at once, at most: 1,900,000 take about 700 MB. */
export const mostCells = 2_500_000;

export const counted = (number: number) => number.toLocaleString('en');

/**
 * Rejects a table that is larger than a sheet, or than what can be held in memory.
 * @param rows without the header
 * @throws OutputError
 */
export function refuseLargeTable(path: string, rows: number, columns: number): void {
  const fail = (what: string, most: string) => {
    throw new OutputError(path, `has no room for ${what}: ${most} at most; write .csv or .parquet`);
  };
  if (rows >= mostSheetRows)
    fail(`${counted(rows)} rows`, `a sheet has ${counted(mostSheetRows)}, its header included,`);
  if (columns > mostSheetColumns) fail(`${counted(columns)} columns`, `a sheet has ${counted(mostSheetColumns)}`);
  const cells = rows * columns;
  if (cells > mostCells) fail(`${counted(rows)} rows of ${columns} columns`, `${counted(mostCells)} cells are written`);
}
