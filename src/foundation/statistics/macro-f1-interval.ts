import type { ConfusionTable, FailureRule, ScoreOptions } from './classification-scores.js';
import { defaultConfidence, type Interval, requireShare } from './proportions.js';
import { randomGamma } from './random-variates.js';

export interface MacroF1IntervalOptions extends ScoreOptions {
  /** Draws of the simulation. @default 1000 */
  readonly draws?: number;
}

/** Rows of one gold label that have one answer; `answer` is −1 for no answer. */
interface Cell {
  readonly expected: number;
  readonly answer: number;
  readonly shape: number;
}

/** Rows that are added for each gold label: half of one, as in Jeffreys' prior of a share. */
const prior = 0.5;

/**
 * The interval of a macro-F1: percentiles of its distribution where the shares of the cells of the confusion matrix are
 * Dirichlet distributed (C. Goutte and E. Gaussier, "A probabilistic interpretation of precision, recall and F-score",
 * ECIR 2005). For the lower end half a row with a wrong answer is added to each gold label that occurs, for the upper end
 * half a row with the right one: as in the interval of Clopper and Pearson, which adds a whole one. Percentiles of a
 * bootstrap would have no width where every row was answered right, however few there are. Of no rows it is 0 to 1.
 * @param random gives numbers in [0, 1); the same numbers give the same interval
 * @throws InvalidOptionError where the confidence is no share
 */
export function macroF1Interval(
  table: ConfusionTable,
  random: () => number,
  options: MacroF1IntervalOptions = {},
): Interval {
  const { failures = 'wrong', confidence = defaultConfidence, draws = 1_000 } = options;
  requireShare('confidence', confidence);
  const cells = cellsOf(table, failures);
  const expected = new Set(cells.map((cell) => cell.expected));
  const occurring = [...new Set([...expected, ...cells.map(({ answer }) => answer)])].filter((label) => label >= 0);
  if (expected.size === 0) return { lower: 0, upper: 1 };
  const scores = new F1Sum(table.labels.length, occurring);
  for (const { expected: row, answer, shape } of cells) scores.add(row, answer, shape);
  const observed = scores.mean();
  const percentile = (share: number, priorOf: (row: number) => number) => {
    const drawn = new Float64Array(draws);
    for (let i = 0; i < draws; i += 1) {
      scores.clear();
      for (const { expected: row, answer, shape } of cells) scores.add(row, answer, randomGamma(shape, random));
      for (const row of expected) scores.add(row, priorOf(row), randomGamma(prior, random));
      drawn[i] = scores.mean();
    }
    return drawn.sort()[Math.round(share * (draws - 1))] ?? observed;
  };
  const tail = (1 - confidence) / 2;
  const lower = percentile(tail, (row) => otherThan(row, occurring, random));
  const upper = percentile(1 - tail, (row) => row);
  return { lower: Math.min(lower, observed), upper: Math.max(upper, observed) };
}

function cellsOf({ counts, unanswered }: ConfusionTable, failures: FailureRule): readonly Cell[] {
  return counts.flatMap((row, expected) => {
    const answered = row.map((shape, answer) => ({ expected, answer, shape }));
    const failed = failures === 'wrong' ? [{ expected, answer: -1, shape: unanswered[expected] ?? 0 }] : [];
    return [...answered, ...failed].filter(({ shape }) => shape > 0);
  });
}

/** Any of the others, each as likely; no answer where there is no other. */
function otherThan(label: number, labels: readonly number[], random: () => number): number {
  const others = labels.filter((other) => other !== label);
  return others[Math.floor(random() * others.length)] ?? -1;
}

/** F1 of each label from weights of rows, which need not add up to anything. */
class F1Sum {
  private readonly hits: Float64Array;
  /** Support and predicted, added up. */
  private readonly both: Float64Array;

  constructor(
    size: number,
    private readonly occurring: readonly number[],
  ) {
    this.hits = new Float64Array(size);
    this.both = new Float64Array(size);
  }

  clear(): void {
    this.hits.fill(0);
    this.both.fill(0);
  }

  add(expected: number, answer: number, weight: number): void {
    this.both[expected] = (this.both[expected] ?? 0) + weight;
    if (answer >= 0) this.both[answer] = (this.both[answer] ?? 0) + weight;
    if (answer === expected) this.hits[answer] = (this.hits[answer] ?? 0) + weight;
  }

  mean(): number {
    let sum = 0;
    for (const label of this.occurring) sum += (2 * (this.hits[label] ?? 0)) / (this.both[label] || 1);
    // Rounding may exceed 1.
    return Math.min(1, sum / this.occurring.length);
  }
}
