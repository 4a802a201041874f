import { type ConfusionTable, F1Tally, type FailureRule, type ScoreOptions } from './classification-scores.js';
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

/** Rows added for each gold label, as in Jeffreys' prior of a proportion. */
const prior = 0.5;

/**
 * The interval of a macro-F1: percentiles of its distribution where the proportions of the cells of the confusion matrix
 * are Dirichlet distributed (C. Goutte and E. Gaussier, ECIR 2005). For the lower end half a row with a wrong answer is
 * added to each gold label that occurs, for the upper end half a row with the correct one, so that the interval has a width
 * also where every answer is correct (a bootstrap has none). Of no rows it is 0 to 1.
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
  const scores = new F1Tally(table.labels.length, occurring);
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

/** Any of the other labels, each as likely; −1 if there is none. */
function otherThan(label: number, labels: readonly number[], random: () => number): number {
  const others = labels.filter((other) => other !== label);
  return others[Math.floor(random() * others.length)] ?? -1;
}
