import type { Place, RowError } from './data-errors.js';

/** One row of the input, whatever its format. */
export interface Row {
  /** 0-based position over all inputs; rows with a `problem` count. */
  readonly index: number;
  /** The input (`<stdin>` for `-`) and the 1-based line where the row starts. */
  readonly place: Place;
  /** Tabular: the header, one array shared by all rows. Objects: the keys of this object. */
  readonly columns: readonly string[];
  /** As many as `columns`. Tabular: strings, undefined where the row has too few. JSON: any JSON
   * value, with a `JsonNumber` for what JavaScript would write otherwise. */
  readonly cells: readonly unknown[];
  /** Why the row cannot be used, or null. The other rows are not affected. */
  readonly problem: RowError | null;
  /** Cells beyond the header, of a row that has a problem because of them. */
  readonly surplus?: readonly string[] | undefined;
  /** An object of a JSON file as it stands there, on one line; left out for rows of tables. */
  readonly json?: string | undefined;
  /** What stands in the file where no object could be read (JSONL: the line, JSON: the element as JSON); else null. */
  readonly source: string | null;
}
