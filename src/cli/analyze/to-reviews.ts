import { cellOf, type Row, resolveColumn, resolveTextColumn } from '../../dataset/index.js';
import type { Review } from '../../sentiment/index.js';
import type { AnalyzeFlags } from '../flags.js';

/** A review with the row that it came from. */
export interface RowReview extends Review {
  readonly row: Row;
}

/** Which columns mean what. */
export interface Columns {
  readonly text: string;
  readonly id: string | undefined;
  readonly label: string | undefined;
}

/**
 * Finds the columns that the flags name, and the text. Where no row could be read there are none to find.
 * @throws ColumnError
 */
export function resolveColumns(
  columns: readonly string[],
  flags: Pick<AnalyzeFlags, 'text' | 'id' | 'label'>,
): Columns {
  if (columns.length === 0) return { text: flags.text ?? 'text', id: flags.id, label: flags.label };
  return {
    text: resolveTextColumn(columns, flags.text),
    id: flags.id === undefined ? undefined : resolveColumn(columns, flags.id, '--id'),
    label: flags.label === undefined ? undefined : resolveColumn(columns, flags.label, '--label'),
  };
}

/**
 * The same for inputs beside the rows of `--calibrate`, which `--label` is about: the inputs may have right labels too.
 * @throws ColumnError
 */
export function resolveInputColumns(columns: readonly string[], flags: AnalyzeFlags): Columns {
  if (flags.calibrate === undefined || flags.label === undefined) return resolveColumns(columns, flags);
  const { label, ...others } = flags;
  const isThere = columns.some((column) => column.trim().toLowerCase() === label.trim().toLowerCase());
  return resolveColumns(columns, isThere ? flags : others);
}

/** Makes reviews of rows. A row that cannot be read stays one, with its problem. */
export function toReviews(
  rows: AsyncIterable<Row>,
  columns: Columns,
  map: ReadonlyMap<string, string> | undefined,
): AsyncIterable<RowReview> {
  return {
    [Symbol.asyncIterator]() {
      const source = rows[Symbol.asyncIterator]();
      return {
        async next() {
          const step = await source.next();
          return step.done
            ? { done: true, value: undefined }
            : { done: false, value: toReview(step.value, columns, map) };
        },
        async return() {
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function toReview(row: Row, columns: Columns, map: ReadonlyMap<string, string> | undefined): RowReview {
  const id = columns.id === undefined ? null : textOf(cellOf(row, columns.id));
  const label = columns.label === undefined ? null : textOf(cellOf(row, columns.label))?.trim();
  return {
    row,
    index: row.index,
    id: id ?? String(row.index + 1),
    text: textOf(cellOf(row, columns.text)),
    expected: label ? (map?.get(label) ?? label) : undefined,
    problem: row.problem ?? undefined,
    weight: weightOf(row),
  };
}

/** About how many characters its cells have. */
function weightOf({ cells, source }: Row): number {
  let weight = source?.length ?? 0;
  for (const cell of cells) if (typeof cell === 'string') weight += cell.length;
  return weight;
}

/** A cell as text; null where there is none. */
function textOf(cell: unknown): string | null {
  if (typeof cell === 'string') return cell === '' ? null : cell;
  if (cell === null || cell === undefined) return null;
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
