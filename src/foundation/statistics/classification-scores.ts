import { InvalidOptionError } from '../errors/chorale-error.js';
import { type Interval, type IntervalOptions, requireCount, wilsonInterval } from './proportions.js';

/** Rows counted by gold label and answer. */
export interface ConfusionTable {
  readonly labels: readonly string[];
  /** `counts[i][j]`: rows of the label i that were answered with the label j. */
  readonly counts: readonly (readonly number[])[];
  /** `unanswered[i]`: rows of the label i that failed, or whose answer is none of the labels. */
  readonly unanswered: readonly number[];
}

/** Counts rows by gold label and answer, in memory that depends on the labels only. */
export class ConfusionMatrix implements ConfusionTable {
  readonly labels: readonly string[];
  readonly counts: readonly number[][];
  readonly unanswered: number[];
  private readonly positions: ReadonlyMap<string, number>;

  /** @throws InvalidOptionError if there is no label, or one is there twice */
  constructor(labels: readonly string[]) {
    this.positions = positionsOf(labels);
    this.labels = [...labels];
    this.counts = labels.map(() => labels.map(() => 0));
    this.unanswered = labels.map(() => 0);
  }

  /**
   * Counts a row, or several equal ones. An answer that is none of the labels counts as no answer.
   * @throws InvalidOptionError if `expected` is none of the labels
   */
  add(expected: string, answered: string | null, times = 1): void {
    requireCount('times', times);
    const row = requireLabel(this.positions, expected);
    const column = answered === null ? undefined : this.positions.get(answered);
    if (column === undefined) bump(this.unanswered, row, times);
    else bump(this.counts[row] ?? [], column, times);
  }
}

/** @throws InvalidOptionError if there is no label, or one is there twice */
export function positionsOf(labels: readonly string[]): ReadonlyMap<string, number> {
  const positions = new Map(labels.map((label, index) => [label, index]));
  if (labels.length > 0 && positions.size === labels.length) return positions;
  throw new InvalidOptionError('labels', 'at least one, and none twice', labels.join(', '));
}

/** The label's position. @throws InvalidOptionError if it is none of the labels */
export function requireLabel(positions: ReadonlyMap<string, number>, label: string): number {
  const position = positions.get(label);
  if (position !== undefined) return position;
  throw new InvalidOptionError('expected', `one of the labels (${[...positions.keys()].join(', ')})`, label);
}

/** Rows without an answer are excluded, or count as rows with a wrong answer. */
export type FailureRule = 'left-out' | 'wrong';

export interface ScoreOptions extends IntervalOptions {
  /** What becomes of the rows without an answer. @default 'wrong' */
  readonly failures?: FailureRule;
}

/** Metrics of one label. */
export interface ClassScores {
  readonly label: string;
  /** Right ÷ answered with this label; 0 if no row was. */
  readonly precision: number;
  /** Right ÷ support; 0 if the support is 0. */
  readonly recall: number;
  /** 2 · right ÷ (support + answered with this label); 0 if both are 0. */
  readonly f1: number;
  /** Rows of this label. */
  readonly support: number;
  /** Rows answered with this label. */
  readonly predicted: number;
}

/** Metrics of one classifier against gold labels. Null if the metric is 0 ÷ 0. */
interface ClassificationScores {
  /** Rows that count. */
  readonly rows: number;
  readonly right: number;
  readonly accuracy: number | null;
  /** Wilson's interval of the accuracy; 0 to 1 if no row counts. */
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
  /** Matthews correlation; 0 if only one label is expected, or only one answered. */
  readonly matthews: number | null;
}

/**
 * Accuracy, precision, recall, F1, κ and Matthews correlation as scikit-learn defines them with `zero_division=0`. Failures
 * that count as wrong are an answer of their own: it is never correct, and no mean over labels includes it.
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
 * Cohen's κ: the agreement of two raters beyond chance, (p₀ − pₑ) ÷ (1 − pₑ) (J. Cohen, Educational and Psychological
 * Measurement 20, 1960). Null if there is no item, or both raters always gave one and the same label (0 ÷ 0).
 * @param table `table[i][j]`: items to which one rater gave label i and the other label j; square
 */
export function cohenKappa(table: readonly (readonly number[])[]): number | null {
  requireSquare(table);
  const { rows, columns, all, agreed } = marginsOf(table);
  if (all === 0) return null;
  const byChance = total(rows.map((count, k) => (count / all) * ((columns[k] ?? 0) / all)));
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
 * The Matthews correlation of two raters for any number of labels, −1 to 1 (J. Gorodkin, Computational Biology and
 * Chemistry 28, 2004; `matthews_corrcoef` of scikit-learn). 0 if one rater always gave one label; null without items.
 */
function matthewsCorrelation(table: readonly (readonly number[])[]): number | null {
  const { rows, columns, all, agreed } = marginsOf(table);
  if (all === 0) return null;
  if (rows.includes(all) || columns.includes(all)) return 0;
  // Proportions instead of counts: squares of squares of large counts would leave the whole numbers.
  const shared = (a: readonly number[], b: readonly number[]) =>
    total(a.map((value, k) => (value / all) * ((b[k] ?? 0) / all)));
  const spread = (1 - shared(rows, rows)) * (1 - shared(columns, columns));
  return (agreed - shared(rows, columns)) / Math.sqrt(spread);
}

function marginsOf(table: readonly (readonly number[])[]) {
  const rows = table.map(total);
  const columns = table.map((_, j) => total(table.map((row) => row[j] ?? 0)));
  const all = total(rows);
  return { rows, columns, all, agreed: total(table.map((row, k) => row[k] ?? 0)) / all };
}

/** F1 of each label from weights of rows, which need not be whole numbers. */
export class F1Tally {
  private readonly hits: Float64Array;
  /** Support and predicted, added up. */
  private readonly both: Float64Array;

  /** @param labels the order in which the F1 are added up; it decides on the last bit */
  constructor(
    size: number,
    private readonly labels: readonly number[] = Array.from({ length: size }, (_, label) => label),
  ) {
    this.hits = new Float64Array(size);
    this.both = new Float64Array(size);
  }

  clear(): void {
    this.hits.fill(0);
    this.both.fill(0);
  }

  /** @param answer −1 for no answer */
  add(expected: number, answer: number, weight: number): void {
    bump(this.both, expected, weight);
    if (answer >= 0) bump(this.both, answer, weight);
    if (answer === expected) bump(this.hits, answer, weight);
  }

  /** Weight of the correct answers. */
  get right(): number {
    return this.hits.reduce((sum, weight) => sum + weight, 0);
  }

  /** Mean F1 of the labels that occur. */
  mean(): number {
    let sum = 0;
    let occurring = 0;
    for (const label of this.labels) {
      const both = this.both[label] ?? 0;
      if (both === 0) continue;
      occurring += 1;
      sum += (2 * (this.hits[label] ?? 0)) / both;
    }
    // Rounding may exceed 1.
    return Math.min(1, sum / occurring);
  }
}

function bump(counts: { [position: number]: number }, position: number, times: number): void {
  counts[position] = (counts[position] ?? 0) + times;
}
