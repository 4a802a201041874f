import type { Row } from './row.js';

/** What the program found about one row, by field name without prefix. A field that is not there is null. */
export type ResultFields = { readonly [name: string]: string | number | boolean | null };

/**
 * Writes results in the order of the calls. Lines reach the file whole, at the latest on the next turn of the event
 * loop; rows of Parquet in groups of thousands. Every method rejects with an OutputError, or with StdoutClosedError for `-`; a failure that happened in
 * between is reported by the next call, and by all further ones.
 */
export interface ResultWriter {
  /** Adds one row. A promise means that the writer is behind: await it before the next call. */
  write(row: Row, fields: ResultFields): Promise<void> | void;
  /** Settles when everything added so far was handed to the system; of Parquet the groups that are full. */
  flush(): Promise<void>;
  /** Writes the rest and closes the file; `.json`, `.parquet` and `.gz` appear under their name now. Further calls do nothing. */
  end(): Promise<void>;
  /** Closes without finishing: lines added so far stay, a `.json`, `.parquet` or `.gz` file is not there. Never rejects. */
  abort(): Promise<void>;
}

/** What the values of a field are, for formats that have types: text, whole numbers, any numbers, yes or no. */
export type FieldTypes = Readonly<Record<string, 'text' | 'integer' | 'number' | 'boolean'>>;

/** How the rows of one output look. Pure text: who writes it, and when, is decided elsewhere. */
export interface ResultText {
  /** Before the first row. */
  readonly head: string;
  /** One row, ending in a line end unless the format puts something between rows. */
  row(row: Row, fields: ResultFields): string;
  /** After the last row. */
  readonly tail: string;
}
