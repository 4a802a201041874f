import { cohenKappa } from '../foundation/statistics/classification-scores.js';
import { compareAccuracy } from '../foundation/statistics/paired-comparison.js';
import type { PairedOutcomes } from '../foundation/statistics/paired-table.js';
import type { Interval } from '../foundation/statistics/proportions.js';

/** The answer of one run to a row. */
export interface RowPrediction {
  readonly id: string;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** Null unless `ok`, and where the answers have no label. */
  readonly sentiment: string | null;
  /** The gold label, where it is known. */
  readonly expected: string | null;
}

/** The answers of two runs to the same text. */
export interface RowPair {
  readonly a: RowPrediction;
  readonly b: RowPrediction;
}

export interface ComparisonOptions {
  /** Rows of each run, without skipped ones. */
  readonly rowsA: number;
  readonly rowsB: number;
  /** At most this many rows with different labels are kept. */
  readonly flips: number;
}

/** A row that two runs label differently. */
export interface LabelFlip {
  /** Id of the row in each run. */
  readonly id_a: string;
  readonly id_b: string;
  readonly a: string;
  readonly b: string;
  readonly expected: string | null;
}

/** Right answers of two runs on the same rows, of which the gold label is known. A failed row counts as wrong. */
export interface AccuracyComparison extends AccuracyCounts {
  /** The same on the rows that both answered; null if there is none. */
  readonly both_answered: AccuracyCounts | null;
}

interface AccuracyCounts {
  /** Rows compared. */
  readonly rows: number;
  readonly accuracy_a: number;
  readonly accuracy_b: number;
  readonly both_right: number;
  readonly only_a_right: number;
  readonly only_b_right: number;
  readonly both_wrong: number;
  /** Tango's interval of accuracy_a − accuracy_b, at 95 %. */
  readonly difference: Interval;
  /** McNemar's mid-p test, two-sided. */
  readonly p_value: number;
  /** Exactly where the interval of the difference excludes 0. */
  readonly significant: boolean;
}

/** How two runs differ in their answers. The names are those of `--json`. */
export interface RunComparison {
  /** Rows with a text. */
  readonly rows: { readonly both: number; readonly only_a: number; readonly only_b: number };
  /** Of the rows in both runs. */
  readonly answered: {
    readonly both: number;
    readonly only_a: number;
    readonly only_b: number;
    readonly neither: number;
  };
  readonly agreement: {
    /** Rows with the same label in both. */
    readonly equal: number;
    /** Proportion of the rows that both answered; null if there is none. */
    readonly share: number | null;
    /** Cohen's κ; null if it is not defined: no row, or one label throughout. */
    readonly kappa: number | null;
    /** In alphabetical order. */
    readonly labels: readonly string[];
    /** Row i, column j: rows with label i in a and label j in b. */
    readonly matrix: readonly (readonly number[])[];
  };
  readonly flips: {
    readonly count: number;
    /** The first of them, in the order of the rows. */
    readonly first: readonly LabelFlip[];
  };
  /** Null if no row of both has a gold label. */
  readonly rightness: AccuracyComparison | null;
  /** Rows of both whose gold labels differ between the runs: not in `rightness`. */
  readonly expected_differs: number;
}

/** Compares two runs row by row in one pass, without skipped rows. Memory grows with the labels, not with the rows. */
export function compareRuns(pairs: Iterable<RowPair>, options: ComparisonOptions): RunComparison {
  const { rowsA, rowsB, flips } = options;
  const answered = { both: 0, only_a: 0, only_b: 0, neither: 0 };
  const labels = new LabelTable();
  const accuracy = new AccuracyTally();
  const first: LabelFlip[] = [];
  let both = 0;
  for (const { a, b } of pairs) {
    if (a.status === 'skipped' || b.status === 'skipped') continue;
    both += 1;
    answered[whoseAnswer(a, b)] += 1;
    const expected = accuracy.add(a, b);
    if (a.sentiment === null || b.sentiment === null) continue;
    labels.add(a.sentiment, b.sentiment);
    if (a.sentiment !== b.sentiment && first.length < flips) {
      first.push({ id_a: a.id, id_b: b.id, a: a.sentiment, b: b.sentiment, expected });
    }
  }
  return {
    // A run in progress may have grown meanwhile.
    rows: { both, only_a: Math.max(0, rowsA - both), only_b: Math.max(0, rowsB - both) },
    answered,
    agreement: {
      equal: labels.equal,
      share: labels.rows > 0 ? labels.equal / labels.rows : null,
      ...labels.agreement(),
    },
    flips: { count: labels.rows - labels.equal, first },
    rightness: accuracy.compared(),
    expected_differs: accuracy.differing,
  };
}

function whoseAnswer(a: RowPrediction, b: RowPrediction): 'both' | 'only_a' | 'only_b' | 'neither' {
  if (a.status !== 'ok') return b.status === 'ok' ? 'only_b' : 'neither';
  return b.status === 'ok' ? 'both' : 'only_a';
}

/** Counts pairs of labels, where both answers have one. */
class LabelTable {
  private readonly counts = new Map<string, Map<string, number>>();
  rows = 0;
  equal = 0;

  add(a: string, b: string): void {
    this.rows += 1;
    if (a === b) this.equal += 1;
    const row = this.counts.get(a) ?? new Map<string, number>();
    this.counts.set(a, row.set(b, (row.get(b) ?? 0) + 1));
  }

  agreement() {
    const labels = [...new Set([...this.counts].flatMap(([a, row]) => [a, ...row.keys()]))].sort();
    const matrix = labels.map((a) => labels.map((b) => this.counts.get(a)?.get(b) ?? 0));
    return { kappa: cohenKappa(matrix), labels, matrix };
  }
}

/** Counts right answers where the gold label is known. */
class AccuracyTally {
  private readonly all = noOutcomes();
  private readonly answered = noOutcomes();
  differing = 0;

  /** @returns the gold label; null if it is unknown or the runs contradict each other */
  add(a: RowPrediction, b: RowPrediction): string | null {
    const expected = a.expected ?? b.expected;
    if (expected === null) return null;
    if (b.expected !== null && b.expected !== expected) {
      this.differing += 1;
      return null;
    }
    const isRightA = a.sentiment === expected;
    const isRightB = b.sentiment === expected;
    const cell = isRightA === isRightB ? (isRightA ? 'bothRight' : 'bothWrong') : isRightA ? 'onlyFirst' : 'onlySecond';
    this.all[cell] += 1;
    if (a.sentiment !== null && b.sentiment !== null) this.answered[cell] += 1;
    return expected;
  }

  compared(): AccuracyComparison | null {
    const all = countsOf(this.all);
    return all && { ...all, both_answered: countsOf(this.answered) };
  }
}

function noOutcomes() {
  return { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
}

function countsOf(outcomes: PairedOutcomes): AccuracyCounts | null {
  const { bothRight, onlyFirst, onlySecond, bothWrong } = outcomes;
  const rows = bothRight + onlyFirst + onlySecond + bothWrong;
  if (rows === 0) return null;
  const { first, second, interval, pValue, significant } = compareAccuracy(outcomes);
  return {
    rows,
    accuracy_a: first,
    accuracy_b: second,
    both_right: bothRight,
    only_a_right: onlyFirst,
    only_b_right: onlySecond,
    both_wrong: bothWrong,
    difference: interval,
    p_value: pValue,
    significant,
  };
}
