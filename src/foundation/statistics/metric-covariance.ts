import { F1Tally } from './classification-scores.js';

/** The answers of several classifiers to the same rows. Labels are positions; `labels` itself stands for no answer. */
export interface JointAnswers {
  /** Number of labels. */
  readonly labels: number;
  /** Gold label of each row. */
  readonly expected: ArrayLike<number>;
  /** Of each classifier, the answer to each row. */
  readonly answers: readonly ArrayLike<number>[];
}

export type Metric = 'accuracy' | 'macro-f1';

/** The value of a metric for each classifier, and how the values vary together from sample to sample. */
export interface JointMetric {
  readonly values: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

/** The change of a metric by one row, by gold label and answer. */
interface Influence {
  readonly value: number;
  readonly of: Float64Array;
}

/**
 * A metric of several classifiers on the same rows, with the covariance of its estimates by the delta method: that of the
 * rows' influence on the metric ÷ rows (F. R. Hampel, JASA 69, 1974). No answer is a wrong one.
 */
export function jointMetric(metric: Metric, { labels, expected, answers }: JointAnswers): JointMetric {
  const width = labels + 1;
  const rows = expected.length;
  const influences = answers.map((given) => {
    const counts = new Float64Array(labels * width);
    for (let row = 0; row < rows; row += 1) bump(counts, (expected[row] ?? 0) * width + (given[row] ?? labels));
    return metric === 'accuracy' ? accuracyInfluence(counts, labels, rows) : macroF1Influence(counts, labels, rows);
  });
  const covariance = answers.map(() => answers.map(() => 0));
  const shifts = new Float64Array(answers.length);
  for (let row = 0; row < rows; row += 1) {
    for (const [k, given] of answers.entries()) {
      shifts[k] = influences[k]?.of[(expected[row] ?? 0) * width + (given[row] ?? labels)] ?? 0;
    }
    for (const [i, line] of covariance.entries()) {
      const shift = (shifts[i] ?? 0) / (rows * rows);
      for (let j = 0; j <= i; j += 1) line[j] = (line[j] ?? 0) + shift * (shifts[j] ?? 0);
    }
  }
  const symmetric = covariance.map((line, i) => line.map((value, j) => (j <= i ? value : (covariance[j]?.[i] ?? 0))));
  return { values: influences.map(({ value }) => value), covariance: symmetric };
}

function accuracyInfluence(counts: Float64Array, labels: number, rows: number): Influence {
  const width = labels + 1;
  let right = 0;
  for (let label = 0; label < labels; label += 1) right += counts[label * width + label] ?? 0;
  const value = right / rows;
  return { value, of: counts.map((_, cell) => (Math.floor(cell / width) === cell % width ? 1 : 0) - value) };
}

function macroF1Influence(counts: Float64Array, labels: number, rows: number): Influence {
  const width = labels + 1;
  const tally = new F1Tally(labels);
  const both = new Float64Array(width);
  const hits = new Float64Array(width);
  for (const [cell, count] of counts.entries()) {
    if (count === 0) continue;
    const [expected, answer] = [Math.floor(cell / width), cell % width];
    tally.add(expected, answer === labels ? -1 : answer, count);
    bump(both, expected, count);
    if (answer < labels) bump(both, answer, count);
    if (answer === expected) bump(hits, answer, count);
  }
  const occurring = both.filter((count) => count > 0).length;
  // A label's F1 ÷ its denominator: what one more row of it costs.
  const cost = both.map((count, label) => (count === 0 ? 0 : (2 * (hits[label] ?? 0)) / count / count));
  const of = counts.map((_, cell) => {
    const [expected, answer] = [Math.floor(cell / width), cell % width];
    const gain = answer === expected && (both[answer] ?? 0) > 0 ? 2 / (both[answer] ?? 1) : 0;
    return (rows / occurring) * (gain - (cost[expected] ?? 0) - (cost[answer] ?? 0));
  });
  return { value: tally.mean(), of };
}

function bump(counts: Float64Array, position: number, times = 1): void {
  counts[position] = (counts[position] ?? 0) + times;
}
