import { ColumnError } from '../../data/data-errors.js';
import { columnsCalled } from '../../data/named-columns.js';
import { cellText } from '../../data/result-text.js';
import { didYouMean } from '../../foundation/text/message-text.js';

/** A text, and what stands beside it in other columns. */
export interface PromptInput {
  readonly text: string;
  /** By the names of the columns; a prompt takes those that its template names. @default none */
  readonly columns?: Readonly<Record<string, unknown>> | undefined;
}

/** What an input has in the columns of a prompt, in their order; undefined where it has no such column. */
export type Cells = readonly (string | undefined)[];

/** The text of an input, and its cells in the columns of a prompt. */
export function readInput(input: string | PromptInput, names: readonly string[]) {
  if (typeof input === 'string') return { text: input, cells: [] };
  return { text: input.text, cells: cellsOf(input.columns, names) };
}

/** A column is found by its name, else as the only one with the same slug. Nothing stands for null. */
export function cellsOf(columns: Readonly<Record<string, unknown>> = {}, names: readonly string[]): Cells {
  return names.map((name) => {
    if (Object.hasOwn(columns, name)) return shown(columns[name]);
    const [only, ...others] = columnsCalled(Object.keys(columns), name);
    return only === undefined || others.length > 0 ? undefined : shown(columns[only]);
  });
}

/** As in a table. */
function shown(value: unknown): string {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : cellText(value);
}

/** @throws ColumnError if an input lacks a column that the prompt shows */
export function requireCells(input: string | PromptInput, names: readonly string[], prompt: string): void {
  if (names.length === 0) return;
  const { columns = {} } = typeof input === 'string' ? { columns: {} } : input;
  const cells = cellsOf(columns, names);
  const missing = names.find((_, position) => cells[position] === undefined);
  if (missing === undefined) return;
  const given = Object.keys(columns);
  throw new ColumnError(
    `the prompt ${prompt} shows the column '${missing}', which the review does not have${didYouMean(missing, given)}`,
    given,
  );
}
