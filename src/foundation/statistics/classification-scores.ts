import { cohenKappa } from './cohen-kappa.js';
import type { ConfusionTable } from './confusion-matrix.js';
import type { Interval, IntervalOptions } from './interval.js';
import { matthewsCorrelation } from './matthews-correlation.js';
import { wilsonInterval } from './wilson-interval.js';

/** What becomes of the rows without an answer: they are no rows at all, or rows with a wrong answer. */
export type FailureRule = 'left-out' | 'wrong';

export interface ScoreOptions extends IntervalOptions {
  /** What becomes of the rows without an answer. @default 'wrong' */
  readonly failures?: FailureRule;
}

export interface ClassScores {
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
export interface ClassificationScores {
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
