import { cohenKappa, exactMcNemar } from '../statistics/index.js';

/** What one run says of a row. */
export interface Verdict {
  readonly id: string;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** Null unless `ok`. */
  readonly sentiment: string | null;
  /** The right label, where it is known. */
  readonly expected: string | null;
}

/** The verdicts of two runs on the same text; null where a run has no such row. Never both. */
export interface VerdictPair {
  readonly a: Verdict | null;
  readonly b: Verdict | null;
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
 * Compares two runs row by row, in one pass. Memory grows with the number of labels, not with that of the rows.
 * @param flips how many flipped rows are kept
 */
export function compareRuns(pairs: Iterable<VerdictPair>, flips: number): RunComparison {
  const rows = { both: 0, only_a: 0, only_b: 0 };
  const answered = { both: 0, only_a: 0, only_b: 0, neither: 0 };
  const labels = new LabelTable();
  const rightness = new Rightness();
  const first: LabelFlip[] = [];
  for (const { a, b } of pairs) {
    rows[place(a, b)] += 1;
    if (!a || !b) continue;
    const labelA = answerOf(a);
    const labelB = answerOf(b);
    answered[labelA === null && labelB === null ? 'neither' : place(labelA, labelB)] += 1;
    if (labelA === null || labelB === null) continue;
    labels.add(labelA, labelB);
    const expected = rightness.add(a, b);
    if (labelA !== labelB && first.length < flips)
      first.push({ id_a: a.id, id_b: b.id, a: labelA, b: labelB, expected });
  }
  return {
    rows,
    answered,
    agreement: { equal: labels.equal, share: share(labels.equal, answered.both), ...labels.agreement() },
    flips: { count: answered.both - labels.equal, first },
    rightness: rightness.compared(),
    expected_differs: rightness.differing,
  };
}

function place(a: unknown, b: unknown): 'both' | 'only_a' | 'only_b' {
  if (a === null) return 'only_b';
  return b === null ? 'only_a' : 'both';
}

function answerOf({ status, sentiment }: Verdict): string | null {
  return status === 'ok' ? sentiment : null;
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
  add(a: Verdict, b: Verdict): string | null {
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
