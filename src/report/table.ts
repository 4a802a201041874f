import CliTable, { type Cell, type TableConstructorOptions } from 'cli-table3';
import { displayWidth, wrapText } from './terminal-text.js';

/** A table that would need narrower columns becomes a stack. */
const narrowest = 12;

/** A wider table with more columns is stacked, since many wrapped cells are hard to read. */
const mostWrapped = 4;

/** Width of the terminal; undefined: no limit. */
let columns: number | undefined;

/**
 * Renders tables for a terminal: cells of wide tables are wrapped, or the table becomes a stack.
 * @param width of the terminal; undefined: no limit
 */
export function fitTables(width: number | undefined, render: () => string): string {
  const before = columns;
  columns = width;
  try {
    return render();
  } finally {
    columns = before;
  }
}

/** A table of cli-table3 that fits the terminal. */
export class Table {
  private readonly rows: (readonly Cell[])[] = [];

  constructor(private readonly options: TableConstructorOptions) {}

  push(...rows: readonly (readonly Cell[])[]): void {
    this.rows.push(...rows);
  }

  toString(): string {
    const whole = build(this.options, this.rows);
    if (columns === undefined || widthOf(whole) <= columns) return whole;
    return this.wrapped(columns) ?? this.stacked(columns);
  }

  private get head(): readonly string[] {
    return this.options.head ?? [];
  }

  /** Undefined if the table stays too wide. */
  private wrapped(width: number): string | undefined {
    const cells = [this.head, ...this.rows.map((row) => row.map(textOf))];
    const count = Math.max(...cells.map(({ length }) => length));
    if (count > mostWrapped) return undefined;
    const natural = Array.from({ length: count }, (_, index) =>
      Math.max(...cells.map((row) => widthOf(row[index] ?? ''))),
    );
    // A border before each column and after the last one, and a space on both sides of each cell.
    const widths = shrink(natural, width - 3 * count - 1);
    if (!widths) return undefined;
    const wrap = (text: string, index: number) => wrapText(text, Math.max(10, widths[index] ?? 10));
    const { colWidths: _, wordWrap: __, ...options } = this.options;
    return build(
      { ...options, ...(this.options.head ? { head: this.head.map(wrap) } : {}) },
      this.rows.map((row) => row.map((cell, index) => withText(cell, wrap(textOf(cell), index)))),
    );
  }

  /** One block for each row: the names of the columns before their values. */
  private stacked(width: number): string {
    const blocks = this.rows.map((row) =>
      row
        .map((cell, index) => ({ name: this.head[index] ?? '', value: textOf(cell) }))
        .filter(({ value }) => value !== '')
        .map(({ name, value }, index) => {
          const line = name === '' ? value : `${name}: ${value}`;
          return index === 0 ? wrapText(line, width) : wrapText(line, width, '  ');
        })
        .join('\n'),
    );
    return blocks.join('\n\n');
  }
}

/** Takes from the widest column until all fit; undefined if one would be too narrow. */
function shrink(natural: readonly number[], room: number): readonly number[] | undefined {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  for (; excess > 0; excess -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= narrowest) return undefined;
    widths[widest] = width - 1;
  }
  return widths;
}

function build(options: TableConstructorOptions, rows: readonly (readonly Cell[])[]): string {
  const table = new CliTable(options);
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

function textOf(cell: Cell): string {
  const content = typeof cell === 'object' && cell !== null ? cell.content : cell;
  return content === null || content === undefined ? '' : String(content);
}

function withText(cell: Cell, content: string): Cell {
  return typeof cell === 'object' && cell !== null ? { ...cell, content } : content;
}

function widthOf(text: string): number {
  return Math.max(0, ...text.split('\n').map(displayWidth));
}

/** No colour. */
export const plain = { head: [], border: [] };

/** No lines between the rows. */
const compact = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** Columns of a compact table. */
interface ColumnOptions extends Pick<TableConstructorOptions, 'colWidths' | 'wordWrap'> {
  /** Number of first columns that are aligned left; the others are aligned right. @default all */
  readonly left?: number;
  /** Number of last columns that are aligned left. @default 0 */
  readonly last?: number;
}

/** A table without lines between its rows. An empty head is not a head. */
export function compactTable(
  head: readonly string[],
  rows: Iterable<readonly Cell[]>,
  { left = Number.POSITIVE_INFINITY, last = 0, ...options }: ColumnOptions = {},
): string {
  const all = [...rows];
  const count = Math.max(head.length, ...all.map(({ length }) => length));
  const alignAt = (index: number) => (index < left || index >= count - last ? 'left' : 'right');
  const colAligns = Array.from({ length: count }, (_, index) => alignAt(index));
  const table = new Table({
    ...(head.length > 0 ? { head: [...head] } : {}),
    style: plain,
    chars: compact,
    colAligns,
    ...options,
  });
  table.push(...all);
  return table.toString();
}
