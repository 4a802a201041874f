import { InvalidOptionError } from '../errors/common-errors.js';
import { type Interval, type IntervalOptions, requireCount, wilsonInterval } from './proportions.js';

/** Rows counted by their right label and by the answer. */
export interface ConfusionTable {
  readonly labels: readonly string[];
  /** `counts[i][j]`: rows of the label i that were answered with the label j. */
  readonly counts: readonly (readonly number[])[];
  /** `unanswered[i]`: rows of the label i that failed, or whose answer is none of the labels. */
  readonly unanswered: readonly number[];
}

/** Counts rows by their right label and by the answer, one at a time, in memory that depends on the labels only. */
export class ConfusionMatrix implements ConfusionTable {
  readonly labels: readonly string[];
  readonly counts: readonly number[][];
  readonly unanswered: number[];
  private readonly positions: ReadonlyMap<string, number>;

  /** @throws InvalidOptionError where there is no label, or one is there twice */
  constructor(labels: readonly string[]) {
    this.positions = positionsOf(labels);
    this.labels = [...labels];
    this.counts = labels.map(() => labels.map(() => 0));
    this.unanswered = labels.map(() => 0);
  }

  /**
   * Counts a row, or several equal ones.
   * @param answered null for a row without an answer; what is none of the labels counts as that
   * @throws InvalidOptionError where `expected` is none of the labels, or `times` no whole number of at least 0
   */
  add(expected: string, answered: string | null, times = 1): void {
    requireCount('times', times);
    const row = requireLabel(this.positions, expected);
    const column = answered === null ? undefined : this.positions.get(answered);
    if (column === undefined) this.unanswered[row] = (this.unanswered[row] ?? 0) + times;
    else bump(this.counts[row], column, times);
  }
}

/** @throws InvalidOptionError where there is no label, or one is there twice */
export function positionsOf(labels: readonly string[]): ReadonlyMap<string, number> {
  const positions = new Map(labels.map((label, index) => [label, index]));
  if (labels.length > 0 && positions.size === labels.length) return positions;
  throw new InvalidOptionError('labels', 'at least one, and none twice', labels.join(', '));
}

/** The label's position. @throws InvalidOptionError where it is none of the labels */
export function requireLabel(positions: ReadonlyMap<string, number>, label: string): number {
  const position = positions.get(label);
  if (position !== undefined) return position;
  throw new InvalidOptionError('expected', `one of the labels (${[...positions.keys()].join(', ')})`, label);
}

function bump(counts: number[] | undefined, column: number, times: number): void {
  if (counts) counts[column] = (counts[column] ?? 0) + times;
}

/** What becomes of the rows without an answer: they are no rows at all, or rows with a wrong answer. */
export type FailureRule = 'left-out' | 'wrong';

export interface ScoreOptions extends IntervalOptions {
  /** What becomes of the rows without an answer. @default 'wrong' */
  readonly failures?: FailureRule;
}

interface ClassScores {
  readonly label: string;
  /** Right ÷ answered with this label; 0 where no row was. */
  readonly precision: number;
  /** Right ÷ support; 0 where the support is 0. */
  readonly recall: number;
  /** 2 · right ÷ (support + answered with this label); 0 where both are 0. */
  readonly f1: number;
  /** Rows of this label. */
  readonly support: number;
  /** Rows answered with this label. */
  readonly predicted: number;
}

/** Figures of one judge against the right labels. Null where the figure is 0 ÷ 0. */
interface ClassificationScores {
  /** Rows that count. */
  readonly rows: number;
  readonly right: number;
  readonly accuracy: number | null;
  /** Wilson's interval of the accuracy; 0 to 1 where no row counts. */
  readonly accuracyInterval: Interval;
  /** The accuracy of always answering with the most frequent gold label. */
  readonly majorityBaseline: number | null;
  /** In the order of the labels, those that do not occur included. */
  readonly classes: readonly ClassScores[];
  /** Mean F1 of the labels that occur, expected or answered. */
  readonly macroF1: number | null;
  /** Mean F1, each label weighted by its support. */
  readonly weightedF1: number | null;
  /** Mean recall of the labels that are expected. */
  readonly balancedAccuracy: number | null;
  /** Cohen's κ; null also where expected and answered labels are one and the same throughout. */
  readonly kappa: number | null;
  /** Matthews correlation; 0 where only one label is expected, or only one answered. */
  readonly matthews: number | null;
}

/**
 * Accuracy, precision, recall, F1, κ and Matthews correlation as scikit-learn defines them with `zero_division=0`. With
 * failures as wrong, they are an answer of their own that is never right, and that no mean over labels includes:
 * `f1_score(expected, answered or 'failed', labels=those that occur but 'failed', average='macro')`.
 * @throws InvalidOptionError where the confidence is no share
 *
 * @example
 * const matrix = new ConfusionMatrix(['good', 'bad']);
 * matrix.add('good', 'good');
 * matrix.add('bad', null);
 * scoreConfusion(matrix, { failures: 'left-out' }).accuracy; // 1
 */
export function scoreConfusion(table: ConfusionTable, options: ScoreOptions = {}): ClassificationScores {
  const { failures = 'wrong' } = options;
  const square = failures === 'wrong' ? withFailures(table) : table.counts;
  const classes = table.labels.map((label, k) => scoreClass(label, square, k));
  const rows = square.reduce((sum, row) => sum + total(row), 0);
  const right = table.counts.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
  const expected = classes.filter(({ support }) => support > 0);
  const occurring = classes.filter(({ support, predicted }) => support + predicted > 0);
  return {
    rows,
    right,
    accuracy: rows === 0 ? null : right / rows,
    accuracyInterval: wilsonInterval(right, rows, options),
    majorityBaseline: rows === 0 ? null : Math.max(...classes.map(({ support }) => support)) / rows,
    classes,
    macroF1: mean(occurring.map(({ f1 }) => f1)),
    weightedF1: rows === 0 ? null : total(expected.map(({ f1, support }) => f1 * support)) / rows,
    balancedAccuracy: mean(expected.map(({ recall }) => recall)),
    kappa: cohenKappa(square),
    matthews: matthewsCorrelation(square),
  };
}

/** Failures as one more answer, which is expected of no row. */
function withFailures({ counts, unanswered }: ConfusionTable): readonly (readonly number[])[] {
  return [...counts.map((row, k) => [...row, unanswered[k] ?? 0]), Array.from({ length: counts.length + 1 }, () => 0)];
}

function scoreClass(label: string, square: readonly (readonly number[])[], k: number): ClassScores {
  const right = square[k]?.[k] ?? 0;
  const support = total(square[k] ?? []);
  const predicted = total(square.map((row) => row[k] ?? 0));
  return {
    label,
    precision: predicted === 0 ? 0 : right / predicted,
    recall: support === 0 ? 0 : right / support,
    f1: support + predicted === 0 ? 0 : (2 * right) / (support + predicted),
    support,
    predicted,
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : total(values) / values.length;
}

/**
 * Cohen's κ: the agreement of two judges beyond what chance would give them. κ = (p₀ − pₑ) ÷ (1 − pₑ), where p₀ is the
 * share of equal verdicts and pₑ = Σ p(a says k) · p(b says k) (J. Cohen, Educational and Psychological Measurement 20,
 * 1960). 1 is full agreement, 0 that of chance, below 0 is worse than chance.
 *
 * @param table counts: row i, column j holds the items to which a gave verdict i and b verdict j; square
 * @returns at most 1; null where there is no item, or both gave one and the same verdict throughout: then κ is 0 ÷ 0
 * @throws InvalidOptionError where the table is not square, or a count is no whole number of at least 0
 *
 * @example
 * cohenKappa([[20, 5], [10, 15]]); // 0.4
 */
export function cohenKappa(table: readonly (readonly number[])[]): number | null {
  requireSquare(table);
  const rows = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = table.map((_, j) => table.reduce((sum, row) => sum + (row[j] ?? 0), 0));
  const all = rows.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const agreed = table.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / all;
  const byChance = rows.reduce((sum, count, k) => sum + (count / all) * ((columns[k] ?? 0) / all), 0);
  if (rows.some((count, k) => count === all && columns[k] === all)) return null;
  return (agreed - byChance) / (1 - byChance);
}

function requireSquare(table: readonly (readonly number[])[]): void {
  for (const [i, row] of table.entries()) {
    if (row.length !== table.length) {
      throw new InvalidOptionError('table', `square (${table.length} × ${table.length})`, row.length);
    }
    for (const [j, count] of row.entries()) requireCount(`table[${i}][${j}]`, count);
  }
}

/**
 * The Matthews correlation of two judges for any number of labels, −1 to 1 (J. Gorodkin, Computational Biology and
 * Chemistry 28, 2004; `matthews_corrcoef` of scikit-learn). 0 where one of the two always gave the same verdict: the
 * correlation is 0 ÷ 0 there, and says nothing. Null where there is no item.
 * @param table counts: row i, column j holds the items to which one gave verdict i and the other verdict j; square
 */
function matthewsCorrelation(table: readonly (readonly number[])[]): number | null {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const rows = table.map(sum);
  const columns = table.map((_, j) => sum(table.map((row) => row[j] ?? 0)));
  const all = sum(rows);
  if (all === 0) return null;
  // Shares instead of counts: squares of squares of large counts would leave the whole numbers.
  const shared = (a: readonly number[], b: readonly number[]) =>
    sum(a.map((value, k) => (value / all) * ((b[k] ?? 0) / all)));
  if (rows.includes(all) || columns.includes(all)) return 0;
  const agreed = sum(table.map((row, k) => row[k] ?? 0)) / all;
  const spread = (1 - shared(rows, rows)) * (1 - shared(columns, columns));
  return (agreed - shared(rows, columns)) / Math.sqrt(spread);
}
