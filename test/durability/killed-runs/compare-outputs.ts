import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** What two runs may differ in: how the answers came, and not what they are. */
const aside = new Set(['chorale_attempts', 'chorale_duration_ms', 'chorale_cached']);

/** A results file, as far as its lines are whole. */
export interface Output {
  readonly columns: readonly string[];
  /** The fields of each row, without those that two runs may differ in. */
  readonly rows: readonly (readonly string[])[];
  /** The fields of a last line that is not whole, as far as they go. */
  readonly partial: readonly string[];
}

/** Reads a CSV file of results; nothing is there where it does not exist. */
export function readOutput(path: string): Output {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const whole = wholeLines(text);
  const [columns = [], ...rows] = fieldsOf(whole);
  const rest = text.slice(whole.length);
  const isOpen = rest.split('"').length % 2 === 0;
  const [partial = []] = fieldsOf(isOpen ? `${rest}"` : rest);
  const used = columns.map((column) => !aside.has(column));
  const kept = (fields: readonly string[]) => fields.filter((_, index) => used[index] ?? true);
  // Nothing can be told of a header that is cut: which of its columns do not count is known from its end.
  return { columns: kept(columns), rows: rows.map(kept), partial: columns.length === 0 ? [] : kept(partial) };
}

/** A line feed inside of quotes ends no line. */
function wholeLines(text: string): string {
  const line = /(?:"[^"]*"|[^"\n])*\n/y;
  let end = 0;
  while (line.test(text)) end = line.lastIndex;
  return text.slice(0, end);
}

function fieldsOf(text: string): string[][] {
  return parse(text, { relax_column_count: true, skip_empty_lines: false });
}

/** What keeps a results file from being the beginning of another one; null where it is. */
export function whyNoPrefix(output: Output, of: Output): string | null {
  const { columns, rows, partial } = output;
  if (columns.length > 0 && columns.join() !== of.columns.join()) return `its columns are ${columns.join()}`;
  for (const [index, row] of rows.entries()) {
    const expected = of.rows[index];
    if (!expected) return `row ${index} is one too many: ${row.join()}`;
    if (JSON.stringify(row) !== JSON.stringify(expected)) {
      return `row ${index} is ${JSON.stringify(row)} instead of ${JSON.stringify(expected)}`;
    }
  }
  const next = of.rows[rows.length];
  const fits = partial.every((field, index) =>
    index === partial.length - 1 ? next?.[index]?.startsWith(field) : next?.[index] === field,
  );
  return fits ? null : `its last line is ${JSON.stringify(partial)}, the beginning of nothing that comes next`;
}

/** Rows that are missing, and that are there more than once, by the number in the results. */
export function countRows(
  { columns, rows }: Output,
  expected: number,
): { readonly lost: number; readonly doubled: number } {
  const place = columns.indexOf('chorale_index');
  const seen = new Set(rows.map((row) => row[place]));
  return { lost: expected - seen.size, doubled: rows.length - seen.size };
}
