import type { JointAnswers } from './metric-covariance.js';
import { randomBinomial } from './random-variates.js';
import type { ComparedPair } from './simultaneous.js';

/** What a binomial variate takes, as a multiple of a row that is drawn. */
const binomialCost = 6;

/** Rough durations in nanoseconds. */
const cost = { row: 7, visit: 1 };

/**
 * Rows of several classifiers, grouped: rows of one pattern have the same gold label and the same answers, and are equal for
 * every metric. Holds one sample of the rows, and scores the classifiers on it.
 */
export class JointPatterns {
  private readonly rows: number;
  private readonly labels: number;
  /** Rows of each pattern, the most frequent first. */
  private readonly counts: Float64Array;
  private readonly expected: Uint16Array;
  /** Of each classifier, the answer to each pattern; the number of labels stands for no answer. */
  private readonly answers: readonly Uint16Array[];
  /** Of each classifier, the patterns that it answers with another label, or not at all. */
  private readonly wrong: readonly Uint32Array[];
  /** Of each classifier, the patterns that it does not answer. */
  private readonly failed: readonly Uint32Array[];
  private readonly patternOfRow: Uint32Array;
  /** The sample: rows of each pattern, and of each gold label. */
  private readonly weights: Float64Array;
  private readonly support: Float64Array;
  /** The sample, by classifier: rows of each gold label that were not answered correctly, and were not answered. */
  private readonly errors: readonly LabelErrors[];
  private readonly unanswered: readonly Float64Array[];
  private readonly ofPair: readonly [LabelErrors, LabelErrors];
  private readonly answeredSupport: Float64Array;

  constructor({ labels, expected, answers }: JointAnswers) {
    this.rows = expected.length;
    this.labels = labels;
    const { patternOfRow, firstRows, counts } = groupRows(labels + 1, expected, answers);
    this.patternOfRow = patternOfRow;
    this.counts = counts;
    const of = (values: ArrayLike<number>) => Uint16Array.from(firstRows, (row) => values[row] ?? labels);
    this.expected = of(expected);
    this.answers = answers.map(of);
    const all = Uint32Array.from(counts, (_, pattern) => pattern);
    this.wrong = this.answers.map((given) => all.filter((pattern) => given[pattern] !== this.expected[pattern]));
    this.failed = this.answers.map((given) => all.filter((pattern) => given[pattern] === labels));
    this.weights = new Float64Array(counts.length);
    this.support = new Float64Array(labels);
    this.errors = answers.map(() => noErrors(labels));
    this.unanswered = answers.map(() => new Float64Array(labels));
    this.ofPair = [noErrors(labels), noErrors(labels)];
    this.answeredSupport = new Float64Array(labels);
  }

  /** About how long it takes to draw a sample and to score all classifiers. */
  get sampleNs(): number {
    const visits = this.wrong.reduce((sum, { length }) => sum + length, this.counts.length);
    return cost.row * (this.drawsRows ? this.rows : binomialCost * this.counts.length) + cost.visit * visits;
  }

  failuresOf([first, second]: ComparedPair): number {
    return (this.failed[first]?.length ?? 0) + (this.failed[second]?.length ?? 0);
  }

  rowsBothAnswered([first, second]: ComparedPair): number {
    const { labels, counts, answers } = this;
    const [a, b] = [answers[first], answers[second]];
    return counts.reduce(
      (sum, count, pattern) => (a?.[pattern] === labels || b?.[pattern] === labels ? sum : sum + count),
      0,
    );
  }

  /** Takes the rows themselves as the sample. */
  observe(): void {
    this.weights.set(this.counts);
    this.count();
  }

  /** Takes as many rows as there are, with replacement. */
  draw(random: () => number): void {
    if (this.drawsRows) this.drawRows(random);
    else this.drawPatterns(random);
    this.count();
  }

  /** Mean F1 of the labels that occur in the sample. */
  macroF1(classifier: number): number {
    const errors = this.errors[classifier];
    return errors ? meanF1(this.support, errors) : 0;
  }

  /** What two classifiers did not answer. */
  failedBy([first, second]: ComparedPair): PairFailures {
    const wrongWhereFailed = (classifier: number, other: number) => {
      const given = this.answers[classifier];
      const failed = this.failed[other] ?? noPatterns;
      return failed.filter((pattern) => given?.[pattern] !== this.expected[pattern]);
    };
    return { first, second, ofFirst: wrongWhereFailed(first, second), ofSecond: wrongWhereFailed(second, first) };
  }

  /** First − second, on the rows of the sample that both answered; 0 if there is none. */
  differenceWhereBothAnswered({ first, second, ofFirst: a, ofSecond: b }: PairFailures): number {
    const { answeredSupport: support, ofPair } = this;
    const [ofFirst, ofSecond] = [this.unanswered[first], this.unanswered[second]];
    this.excludeFailures(first, a, ofPair[0]);
    const neither = this.excludeFailures(second, b, ofPair[1]);
    for (let label = 0; label < support.length; label += 1) {
      const excluded = (ofFirst?.[label] ?? 0) + (ofSecond?.[label] ?? 0) - (neither[label] ?? 0);
      support[label] = (this.support[label] ?? 0) - excluded;
    }
    return meanF1(support, ofPair[0]) - meanF1(support, ofPair[1]);
  }

  private get drawsRows(): boolean {
    return this.rows <= binomialCost * this.counts.length;
  }

  private drawRows(random: () => number): void {
    const { rows, weights, patternOfRow } = this;
    weights.fill(0);
    for (let i = 0; i < rows; i += 1) bump(weights, patternOfRow[Math.floor(random() * rows)] ?? 0, 1);
  }

  /** The counts are multinomial, each one binomial among the rows and the patterns that are left. */
  private drawPatterns(random: () => number): void {
    const { counts, weights } = this;
    let rowsLeft = this.rows;
    let weightLeft = this.rows;
    for (let pattern = 0; pattern < counts.length; pattern += 1) {
      const count = counts[pattern] ?? 0;
      const drawn = randomBinomial(rowsLeft, count / weightLeft, random);
      weights[pattern] = drawn;
      rowsLeft -= drawn;
      weightLeft -= count;
    }
  }

  private count(): void {
    const { support, weights, expected, labels } = this;
    support.fill(0);
    for (let pattern = 0; pattern < weights.length; pattern += 1) {
      bump(support, expected[pattern] ?? 0, weights[pattern] ?? 0);
    }
    for (const [classifier, { missed, taken }] of this.errors.entries()) {
      const wrong = this.wrong[classifier] ?? noPatterns;
      const given = this.answers[classifier] ?? noPatterns;
      const unanswered = this.unanswered[classifier] ?? new Float64Array(0);
      missed.fill(0);
      taken.fill(0);
      unanswered.fill(0);
      for (let i = 0; i < wrong.length; i += 1) {
        const pattern = wrong[i] ?? 0;
        const weight = weights[pattern] ?? 0;
        if (weight === 0) continue;
        const gold = expected[pattern] ?? 0;
        const answer = given[pattern] ?? labels;
        bump(missed, gold, weight);
        if (answer === labels) bump(unanswered, gold, weight);
        else bump(taken, answer, weight);
      }
    }
  }

  /**
   * The errors of a classifier on the rows that it and another one answered.
   * @returns the rows of each gold label that neither answered
   */
  private excludeFailures(classifier: number, excluded: Uint32Array, errors: LabelErrors): Float64Array {
    const { weights, expected, labels } = this;
    const { missed, taken, neither } = errors;
    const all = this.errors[classifier] ?? errors;
    const unanswered = this.unanswered[classifier];
    const given = this.answers[classifier] ?? noPatterns;
    for (let label = 0; label < labels; label += 1) {
      missed[label] = (all.missed[label] ?? 0) - (unanswered?.[label] ?? 0);
      taken[label] = all.taken[label] ?? 0;
      neither[label] = 0;
    }
    for (let i = 0; i < excluded.length; i += 1) {
      const pattern = excluded[i] ?? 0;
      const weight = weights[pattern] ?? 0;
      if (weight === 0) continue;
      const gold = expected[pattern] ?? 0;
      const answer = given[pattern] ?? labels;
      if (answer === labels) {
        bump(neither, gold, weight);
      } else {
        bump(missed, gold, -weight);
        bump(taken, answer, -weight);
      }
    }
    return neither;
  }
}

/** Two classifiers, and of each the patterns that it does not answer correctly and the other one does not answer. */
export interface PairFailures {
  readonly first: number;
  readonly second: number;
  readonly ofFirst: Uint32Array;
  readonly ofSecond: Uint32Array;
}

/** What one classifier did not answer correctly. */
interface LabelErrors {
  /** Rows of each gold label that have another answer, or none. */
  readonly missed: Float64Array;
  /** Rows of other gold labels that have this answer. */
  readonly taken: Float64Array;
  /** Rows of each gold label that neither of two classifiers answered. */
  readonly neither: Float64Array;
}

function noErrors(labels: number): LabelErrors {
  const counts = () => new Float64Array(labels);
  return { missed: counts(), taken: counts(), neither: counts() };
}

/** Mean F1 of the labels that occur; 0 if there is none. */
function meanF1(support: Float64Array, { missed, taken }: LabelErrors): number {
  let sum = 0;
  let occurring = 0;
  for (let label = 0; label < support.length; label += 1) {
    const hits = (support[label] ?? 0) - (missed[label] ?? 0);
    const both = (support[label] ?? 0) + hits + (taken[label] ?? 0);
    if (both === 0) continue;
    occurring += 1;
    sum += (2 * hits) / both;
  }
  // Rounding may exceed 1.
  return occurring === 0 ? 0 : Math.min(1, sum / occurring);
}

const noPatterns = new Uint32Array(0);

interface Grouped {
  readonly patternOfRow: Uint32Array;
  /** Of each pattern, a row that has it. */
  readonly firstRows: Uint32Array;
  readonly counts: Float64Array;
}

/** Groups equal rows, the most frequent patterns first. */
function groupRows(width: number, expected: ArrayLike<number>, answers: readonly ArrayLike<number>[]): Grouped {
  const rows = expected.length;
  let groups = Uint32Array.from(expected);
  for (const given of answers) {
    // Two rows stay in one group if this classifier answers them alike, too.
    const ids = new Map<number, number>();
    groups = groups.map((group, row) => {
      const key = group * width + (given[row] ?? width - 1);
      const id = ids.get(key) ?? ids.size;
      ids.set(key, id);
      return id;
    });
  }
  const found = new Map<number, { readonly first: number; count: number }>();
  for (let row = 0; row < rows; row += 1) {
    const group = found.get(groups[row] ?? 0);
    if (group) group.count += 1;
    else found.set(groups[row] ?? 0, { first: row, count: 1 });
  }
  const ordered = [...found].sort(([, a], [, b]) => b.count - a.count || a.first - b.first);
  const places = new Map(ordered.map(([group], place) => [group, place]));
  return {
    patternOfRow: groups.map((group) => places.get(group) ?? 0),
    firstRows: Uint32Array.from(ordered, ([, { first }]) => first),
    counts: Float64Array.from(ordered, ([, { count }]) => count),
  };
}

function bump(counts: Float64Array, position: number, times: number): void {
  counts[position] = (counts[position] ?? 0) + times;
}
