import { resolveColumn, resolveTextColumn } from '../../data/resolve-column.js';
import { cellText } from '../../data/result-text.js';
import { columnIndex, type Row } from '../../data/row.js';
import { foldName, isBlank } from '../../foundation/text/visible-text.js';
import { ComparisonError, type PredictionColumns, type PredictionFile } from './predictions.js';

/** Usual names of a column of predictions; the first that is there counts. */
const predictionNames = [
  ...['chorale_sentiment', 'prediction', 'predicted', 'predicted_label', 'pred', 'sentiment', 'label'],
  ...['answer', 'output', 'category', 'class'],
];

const idNames = ['id', 'chorale_id'];

/** The confidence stands beside the answers of chorale only: the name says nothing of other columns. */
const confidenceOf: ReadonlyMap<string, string> = new Map([
  ['chorale_sentiment', 'chorale_confidence'],
  ['sentiment', 'confidence'],
]);

/** The cells of a row by column, those of an object `input` included: so chorale writes JSON. */
type Cells = ReadonlyMap<string, unknown>;

/**
 * The predictions in a table, or in JSON objects. A file without a column of predictions has gold labels only.
 * @throws ColumnError for a column that is named and not there, or an id that cannot be guessed
 */
export function tablePredictions(path: string, rows: readonly Row[], wanted: PredictionColumns): PredictionFile {
  const readable = rows.filter(({ problem }) => problem === null);
  const cells = readable.map((row) => ({ index: row.index, cells: cellsOf(row) }));
  const names = [...new Set(cells.flatMap((row) => [...row.cells.keys()]))];
  const id = idColumn(names, wanted);
  const gold = knownColumn(names, wanted.gold, 'gold');
  const predicted = predictionColumns(names, { ...wanted, id, gold });
  if (predicted.length === 0 && gold === undefined) {
    throw new ComparisonError(`${path}: no column of predictions is there: ${names.join(', ')}`, [
      'name it with ',
      { option: 'prediction', value: 'COLUMN' },
    ]);
  }
  const text = textColumn(names, wanted.text);
  const filled = (row: Cells, column: string | undefined) => filledCell(row, column, wanted.blank);
  const idOf = ({ index, cells: row }: (typeof cells)[number]) => filled(row, id) ?? String(index + 1);
  return {
    path,
    unreadable: rows.length - readable.length,
    sets: predicted.map((column) => ({
      name: column,
      source: `column ${column}`,
      isFreeText: false,
      predictions: cells.map((row) => ({
        id: idOf(row),
        value: filled(row.cells, column),
        confidence: shareOf(filled(row.cells, confidenceOf.get(column))),
      })),
    })),
    gold: cells.map((row) => ({ id: idOf(row), value: filled(row.cells, gold), text: filled(row.cells, text) })),
  };
}

function cellsOf(row: Row): Cells {
  const cells = new Map<string, unknown>();
  for (const [name, position] of columnIndex(row.columns)) cells.set(name, row.cells[position]);
  const input = cells.get('input');
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return cells;
  for (const [name, value] of Object.entries(input)) if (!cells.has(name)) cells.set(name, value);
  return cells;
}

function idColumn(names: readonly string[], { id, mayNumberRows }: PredictionColumns): string | undefined {
  if (id !== undefined) return resolveColumn(names, id, 'id');
  const found = firstOf(names, idNames);
  if (found !== undefined || mayNumberRows) return found;
  return resolveColumn(names, 'id', 'id');
}

function firstOf(names: readonly string[], usual: readonly string[]): string | undefined {
  return usual.flatMap((name) => names.filter((other) => foldName(other) === name))[0];
}

/** Undefined if no column has the name: another file may have it. */
function knownColumn(names: readonly string[], wanted: string | undefined, option: string): string | undefined {
  const isThere = wanted !== undefined && names.some((name) => foldName(name) === foldName(wanted));
  return isThere ? resolveColumn(names, wanted, option) : undefined;
}

function predictionColumns(names: readonly string[], wanted: PredictionColumns): readonly string[] {
  const { predictions, field, id, gold } = wanted;
  if (predictions !== undefined) {
    return predictions.flatMap((name) => knownColumn(names, name, 'prediction') ?? []);
  }
  const usual = field === undefined ? predictionNames : [`chorale_${field}`, field].map(foldName);
  const found = firstOf(
    names.filter((name) => name !== gold && name !== id),
    usual,
  );
  return found === undefined ? [] : [found];
}

function textColumn(names: readonly string[], wanted: string | undefined): string | undefined {
  if (wanted !== undefined) return knownColumn(names, wanted, 'text');
  try {
    return resolveTextColumn(names);
  } catch {
    // A text is for people only.
    return undefined;
  }
}

function filledCell(cells: Cells, column: string | undefined, blank: ReadonlySet<string>): string | null {
  const text = column === undefined ? '' : cellText(cells.get(column));
  return isBlank(text) || (blank.size > 0 && blank.has(foldName(text))) ? null : text;
}

/** A number from 0 to 1; null if it is none. */
function shareOf(text: string | null): number | null {
  const value = text === null ? Number.NaN : Number(text);
  return value >= 0 && value <= 1 ? value : null;
}
