import type { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import { isFloatColumn } from '../../data/column-types.js';
import { isUsualTextName, resolveColumn, resolveTextColumn } from '../../data/resolve-column.js';
import { cellText } from '../../data/result-text.js';
import { cellOf, type Row } from '../../data/row.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { foldName, isBlank } from '../../foundation/text/visible-text.js';
import type { AnalyzeFlags } from '../flags.js';
import type { OpenInput } from './open-input.js';

/** A review with the row that it came from. */
export interface RowReview extends Review {
  readonly row: Row;
}

/** Which columns mean what. */
export interface Columns {
  readonly text: string;
  readonly id: string | undefined;
  readonly label: string | undefined;
  /** Cells that count as blank, folded, beside those in which nothing can be seen. */
  readonly blank: ReadonlySet<string>;
  /** Columns of floats of a Parquet file: there NaN is no value, whatever `--blank` says. */
  readonly floats: ReadonlySet<string>;
}

/** What is known of the columns of an input. */
type KnownColumns = Pick<OpenInput, 'columns' | 'types'>;
type ColumnFlags = Pick<AnalyzeFlags, 'text' | 'id' | 'label' | 'blank'>;

/**
 * Finds the columns that the flags name, and the text. Where no row could be read there are none to find.
 * @throws ColumnError
 */
export function resolveColumns({ columns, types }: KnownColumns, flags: ColumnFlags): Columns {
  const floats = [...(types ?? [])].flatMap(([name, type]) => (isFloatColumn(type) ? [name] : []));
  const marks = { blank: new Set((flags.blank ?? []).map(foldName)), floats: new Set(floats) };
  if (columns.length === 0) return { text: flags.text ?? 'text', id: flags.id, label: flags.label, ...marks };
  return {
    text: resolveTextColumn(columns, flags.text),
    id: flags.id === undefined ? undefined : resolveColumn(columns, flags.id, 'id'),
    label: flags.label === undefined ? undefined : resolveColumn(columns, flags.label, 'label'),
    ...marks,
  };
}

/** Says which column was taken for the text where its name is only likely that of one; undefined where there is no doubt. */
export function likelyText({ text }: Columns, flags: Pick<AnalyzeFlags, 'text'>): string | undefined {
  if (flags.text !== undefined || isUsualTextName(text)) return undefined;
  return `the column ${quoted(text)} is taken for the text; --text COLUMN names another`;
}

/**
 * The same for inputs beside the rows of `--calibrate`, which `--label` is about: the inputs may have right labels too.
 * @throws ColumnError
 */
export function resolveInputColumns(input: KnownColumns, flags: AnalyzeFlags): Columns {
  if (flags.calibrate === undefined || flags.label === undefined) return resolveColumns(input, flags);
  const { label, ...others } = flags;
  const isThere = input.columns.some((column) => foldName(column) === foldName(label));
  return resolveColumns(input, isThere ? flags : others);
}

/**
 * Makes reviews of rows. A row that cannot be read stays one, with its problem.
 * @param gold what the values of the label column mean; undefined: they are not looked at
 */
export function toReviews(
  rows: AsyncIterable<Row>,
  columns: Columns,
  gold: GoldLabels | undefined,
): AsyncIterable<RowReview> {
  return {
    [Symbol.asyncIterator]() {
      const source = rows[Symbol.asyncIterator]();
      return {
        async next() {
          const step = await source.next();
          return step.done
            ? { done: true, value: undefined }
            : { done: false, value: toReview(step.value, columns, gold) };
        },
        async return() {
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function toReview(row: Row, columns: Columns, gold: GoldLabels | undefined): RowReview {
  const id = filledCell(row, columns.id, columns);
  return {
    row,
    index: row.index,
    id: id ?? String(row.index + 1),
    text: filledCell(row, columns.text, columns),
    expected: gold?.labelOf(filledCell(row, columns.label, columns)),
    problem: row.problem ?? undefined,
    size: sizeOf(row),
  };
}

/** About how much memory its cells take, in characters. */
function sizeOf({ cells, json, source }: Row): number {
  let size = cells.length + (json?.length ?? 0) + (source?.length ?? 0);
  for (const cell of cells) if (typeof cell === 'string') size += cell.length;
  return size;
}

/** A cell as text; null where it is blank, or there is no such column. */
function filledCell(row: Row, column: string | undefined, { blank, floats }: Columns): string | null {
  if (column === undefined) return null;
  const text = cellText(cellOf(row, column));
  if (isBlank(text)) return null;
  if (text === 'NaN' && floats.has(column)) return null;
  return blank.size > 0 && blank.has(foldName(text)) ? null : text;
}
