import { cohenKappa } from '../foundation/statistics/classification-scores.js';
import { exactMcNemar } from '../foundation/statistics/paired-tests.js';

/** What one run says of a row. */
export interface RowPrediction {
  readonly id: string;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** Null unless `ok`. */
  readonly sentiment: string | null;
  /** The right label, where it is known. */
  readonly expected: string | null;
}

/** The verdicts of two runs on the same text. */
export interface RowPair {
  readonly a: RowPrediction;
  readonly b: RowPrediction;
}

/** What `compareRuns` needs to know beside the pairs. */
export interface ComparisonOptions {
  /** How many rows each run has, without those that it skipped. */
  readonly rowsA: number;
  readonly rowsB: number;
  /** How many flipped rows are kept. */
  readonly flips: number;
}

/** A row that two runs label differently. */
export interface LabelFlip {
  /** What the row is called in each run. */
  readonly id_a: string;
  readonly id_b: string;
  readonly a: string;
  readonly b: string;
  readonly expected: string | null;
}

/** How often each of two runs was right on the same rows. */
export interface RightnessComparison {
  /** Rows that both answered and whose right label is known. */
  readonly rows: number;
  /** Shares of right answers, 0 to 1. */
  readonly accuracy_a: number;
  readonly accuracy_b: number;
  readonly both_right: number;
  readonly only_a_right: number;
  readonly only_b_right: number;
  readonly both_wrong: number;
  /** Two-sided, of McNemar's exact test: how often equally good runs would differ at least this unevenly. */
  readonly p_value: number;
}

/** How two runs differ in their answers. The names are those of `--json`. */
export interface RunComparison {
  /** With a text. */
  readonly rows: { readonly both: number; readonly only_a: number; readonly only_b: number };
  /** Of the rows in both. */
  readonly answered: {
    readonly both: number;
    readonly only_a: number;
    readonly only_b: number;
    readonly neither: number;
  };
  readonly agreement: {
    /** Rows with the same label in both. */
    readonly equal: number;
    /** Of the rows that both answered, 0 to 1; null where there is none. */
    readonly share: number | null;
    /** Cohen's κ; null where it is not defined: no row, or one and the same label throughout. */
    readonly kappa: number | null;
    /** In the order of the alphabet. */
    readonly labels: readonly string[];
    /** Row i, column j: rows to which a gave label i and b label j. */
    readonly matrix: readonly (readonly number[])[];
  };
  readonly flips: {
    readonly count: number;
    /** The first ones, in the order of the rows. */
    readonly first: readonly LabelFlip[];
  };
  /** Null where no row that both answered has a right label. */
  readonly rightness: RightnessComparison | null;
  /** Rows that both answered and whose right label is another one in the other run: not in `rightness`. */
  readonly expected_differs: number;
}

/**
 * Compares two runs row by row, in one pass; rows that were skipped are left out. Memory grows with the number of
 * labels, not with that of the rows.
 */
export function compareRuns(pairs: Iterable<RowPair>, options: ComparisonOptions): RunComparison {
  const { rowsA, rowsB, flips } = options;
  const answered = { both: 0, only_a: 0, only_b: 0, neither: 0 };
  const labels = new LabelTable();
  const rightness = new Rightness();
  const first: LabelFlip[] = [];
  let both = 0;
  for (const { a, b } of pairs) {
    if (a.status === 'skipped' || b.status === 'skipped') continue;
    both += 1;
    answered[whoseAnswer(a, b)] += 1;
    if (a.sentiment === null || b.sentiment === null) continue;
    labels.add(a.sentiment, b.sentiment);
    const expected = rightness.add(a, b);
    if (a.sentiment !== b.sentiment && first.length < flips) {
      first.push({ id_a: a.id, id_b: b.id, a: a.sentiment, b: b.sentiment, expected });
    }
  }
  return {
    // A run that is being worked on may have grown meanwhile.
    rows: { both, only_a: Math.max(0, rowsA - both), only_b: Math.max(0, rowsB - both) },
    answered,
    agreement: { equal: labels.equal, share: share(labels.equal, answered.both), ...labels.agreement() },
    flips: { count: answered.both - labels.equal, first },
    rightness: rightness.compared(),
    expected_differs: rightness.differing,
  };
}

function whoseAnswer(a: RowPrediction, b: RowPrediction): 'both' | 'only_a' | 'only_b' | 'neither' {
  if (a.sentiment === null) return b.sentiment === null ? 'neither' : 'only_b';
  return b.sentiment === null ? 'only_a' : 'both';
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** How often which label of a met which label of b. */
class LabelTable {
  private readonly counts = new Map<string, Map<string, number>>();
  equal = 0;

  add(a: string, b: string): void {
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

/** Who was right how often, where the right label is known. */
class Rightness {
  private readonly counts = { both: 0, only_a: 0, only_b: 0, neither: 0 };
  differing = 0;

  /** Counts two answers; gives the right label, if the runs know it and do not contradict each other. */
  add(a: RowPrediction, b: RowPrediction): string | null {
    const expected = a.expected ?? b.expected;
    if (expected === null) return null;
    if (b.expected !== null && b.expected !== expected) {
      this.differing += 1;
      return null;
    }
    const isRightA = a.sentiment === expected;
    const isRightB = b.sentiment === expected;
    if (isRightA === isRightB) this.counts[isRightA ? 'both' : 'neither'] += 1;
    else this.counts[isRightA ? 'only_a' : 'only_b'] += 1;
    return expected;
  }

  compared(): RightnessComparison | null {
    const { both, only_a: onlyA, only_b: onlyB, neither } = this.counts;
    const rows = both + onlyA + onlyB + neither;
    if (rows === 0) return null;
    return {
      rows,
      accuracy_a: (both + onlyA) / rows,
      accuracy_b: (both + onlyB) / rows,
      both_right: both,
      only_a_right: onlyA,
      only_b_right: onlyB,
      both_wrong: neither,
      p_value: exactMcNemar(onlyA, onlyB),
    };
  }
}
