import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { JointBootstrap, type JointDifference } from '../../foundation/statistics/joint-bootstrap.js';
import { type JointAnswers, jointMetric, type Metric } from '../../foundation/statistics/metric-covariance.js';
import { comparePaired, concludePaired, type PairedComparison } from '../../foundation/statistics/paired-comparison.js';
import { PairedTable } from '../../foundation/statistics/paired-table.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import { rowsNeeded, rowsNeededInterval } from '../../foundation/statistics/rows-needed.js';
import { type ComparedPair, type Family, jointFamily } from '../../foundation/statistics/simultaneous.js';
import { TimeSlice } from '../../orchestration/time-slice.js';
import type { BothAnswered, PairedDifference, PairedOutcomeCounts, PairResult } from './comparison-result.js';
import { describePair, relevantDifference } from './describe-pair.js';
import type { GoldRows } from './labelled-rows.js';
import type { NamedAnswers, RoundAnswers } from './variant-answers.js';

interface ComparisonOptions {
  /** What the conclusions are about. */
  readonly criterion: Metric;
  /** Joint confidence level of the intervals. */
  readonly confidence: number;
  /** Samples of the bootstrap. */
  readonly resamples: number;
  /** Seed of the bootstrap. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly runtime?: Runtime | undefined;
}

/** The comparisons of one metric, of all pairs together. */
interface Families {
  readonly family: Family;
  readonly macroF1Family: Family;
}

/**
 * Up to this many pairs each have a bootstrap of their own. More share the samples, unless there are so many rows that this
 * takes longer: a bootstrap of two variants does not take longer for more rows.
 */
const mostAlone = 45;

/** What a sample takes for each kind of rows that a pair of variants has, in nanoseconds. */
const cellNs = 80;

/**
 * Compares every two variants on all rows, by their answers of the first round. A row without an answer counts as wrong. The
 * event loop has its turns meanwhile. @throws the signal's reason
 */
export async function compareVariants(
  given: readonly NamedAnswers[],
  data: GoldRows,
  options: ComparisonOptions,
): Promise<readonly PairResult[]> {
  const measured = given.flatMap(({ name, answers }) => (answers ? [{ name, answers }] : []));
  const pairs = measured.flatMap((_, first) =>
    measured.slice(first + 1).map((__, next): ComparedPair => [first, first + 1 + next]),
  );
  const joint = jointAnswers(
    measured.map(({ answers }) => answers),
    data,
  );
  const familyOf = (metric: Metric) => jointFamily(jointMetric(metric, joint).covariance, pairs, options);
  const families = { family: familyOf('accuracy'), macroF1Family: familyOf('macro-f1') };
  const resamples = samplesFor(families, options);
  const turn = turnsOf(options);
  const shared = await drawShared(
    joint,
    pairs,
    { ...options, resamples, confidence: 1 - families.macroF1Family.level },
    turn,
  );
  const results: PairResult[] = [];
  for (const [index, [first, second]] of pairs.entries()) {
    const [a, b] = [measured[first], measured[second]];
    if (!a || !b) continue;
    await turn();
    const table = tableOf(a.answers, b.answers, data);
    const compared = compareTable(table, families, { resamples, seed: options.seed }, shared?.[index]);
    if (compared) results.push(pairResult([a.name, b.name], compared, families, options));
  }
  return results;
}

/** With fewer samples no p-value of the bootstrap would be as low as the level of one comparison. */
function samplesFor({ macroF1Family }: Families, { criterion, resamples }: ComparisonOptions): number {
  return criterion === 'macro-f1' ? Math.max(resamples, Math.ceil(4 / macroF1Family.level)) : resamples;
}

/** Lets signals and timers have their turns. */
function turnsOf({ signal, runtime = nodeRuntime }: ComparisonOptions): () => Promise<void> | undefined {
  const slice = new TimeSlice(runtime);
  return () => {
    signal?.throwIfAborted();
    return slice.isOver() ? slice.nextTurn() : undefined;
  };
}

/** @returns undefined where each pair is to have samples of its own */
async function drawShared(
  joint: JointAnswers,
  pairs: readonly ComparedPair[],
  { seed, ...options }: { readonly seed: number; readonly resamples: number; readonly confidence: number },
  turn: () => Promise<void> | undefined,
): Promise<readonly JointDifference[] | undefined> {
  if (pairs.length <= mostAlone) return undefined;
  const bootstrap = new JointBootstrap(joint, pairs, seededRandom(seed), options);
  const cells = Math.min(joint.expected.length, joint.labels * (joint.labels + 1) ** 2);
  if (bootstrap.sampleNs > pairs.length * cells * cellNs) return undefined;
  while (!bootstrap.isComplete) {
    bootstrap.draw();
    const pause = turn();
    if (pause) await pause;
  }
  return bootstrap.differences();
}

/** The comparison on all rows, and on those that both answered; undefined where both answered all. */
interface ComparedTable {
  readonly all: PairedComparison;
  readonly bothAnswered: PairedComparison | null | undefined;
}

function compareTable(
  table: PairedTable,
  families: Families,
  { resamples, seed }: { readonly resamples: number; readonly seed: number },
  drawn: JointDifference | undefined,
): ComparedTable | null {
  const answered = table.answeredByBoth();
  const hasFailures = answered.rows < table.rows;
  if (drawn) {
    const { all, bothAnswered } = drawn;
    return {
      all: concludePaired(table, all, families),
      bothAnswered: hasFailures ? bothAnswered && concludePaired(answered, bothAnswered, families) : undefined,
    };
  }
  const compare = (one: PairedTable) => comparePaired(one, seededRandom(seed), { ...families, resamples });
  const all = compare(table);
  return all && { all, bothAnswered: hasFailures ? compare(answered) : undefined };
}

/** Answers by 0-based row; null for none. */
interface GivenAnswers {
  readonly answerAt: (position: number) => string | null;
}

/** The answers of several classifiers as positions of labels. */
export function jointAnswers(given: readonly GivenAnswers[], { labels, rows }: GoldRows): JointAnswers {
  const positions = new Map(labels.map((label, index) => [label, index]));
  const positionOf = (label: string | null) => positions.get(label ?? '') ?? labels.length;
  return {
    labels: labels.length,
    expected: Uint16Array.from(rows, ({ expected }) => positionOf(expected)),
    answers: given.map((one) => Uint16Array.from(rows, (_, row) => positionOf(one.answerAt(row)))),
  };
}

function pairResult(
  [a, b]: readonly [string, string],
  { all: compared, bothAnswered }: ComparedTable,
  { family }: Families,
  { criterion, confidence }: ComparisonOptions,
): PairResult {
  const answered = bothAnswered === undefined ? compared : bothAnswered;
  const { onlyFirst, onlySecond } = compared.outcomes;
  // A family of one at the level that the first of all pairs needs in any case.
  const planned = { alpha: family.alpha / family.size };
  const { accuracy, macro_f1, ...counts } = inJson(compared);
  const { p_value, p_adjusted, significant } = criterion === 'accuracy' ? accuracy : macro_f1;
  return {
    a,
    b,
    ...counts,
    accuracy,
    macro_f1,
    p_value,
    p_adjusted,
    significant,
    failures_as_wrong: {
      only_a_right: onlyFirst,
      only_b_right: onlySecond,
      p_value: accuracy.p_value,
      p_adjusted: accuracy.p_adjusted,
      significant: accuracy.significant,
    },
    both_answered: answered ? inJson(answered) : noneAnswered,
    odds_ratio: onlySecond === 0 ? null : onlyFirst / onlySecond,
    rows_needed: rowsNeeded(relevantDifference, (onlyFirst + onlySecond) / compared.rows, planned),
    rows_needed_interval: rowsNeededInterval(relevantDifference, onlyFirst + onlySecond, compared.rows, planned),
    sentence: describePair([a, b], compared, {
      criterion,
      confidence,
      comparisons: family.size,
      bothAnswered,
    }),
  };
}

function inJson({ rows, outcomes, accuracy, macroF1 }: PairedComparison): PairedOutcomeCounts & {
  readonly accuracy: PairedDifference;
  readonly macro_f1: PairedDifference;
} {
  return {
    rows,
    both_right: outcomes.bothRight,
    only_a_right: outcomes.onlyFirst,
    only_b_right: outcomes.onlySecond,
    both_wrong: outcomes.bothWrong,
    accuracy: differenceOf(accuracy),
    macro_f1: differenceOf(macroF1),
  };
}

function differenceOf(metric: PairedComparison['accuracy']): PairedDifference {
  const { first, second, difference, interval, pValue, adjusted, significant } = metric;
  return { a: first, b: second, difference, ...interval, p_value: pValue, p_adjusted: adjusted, significant };
}

const noneAnswered: BothAnswered = {
  rows: 0,
  both_right: 0,
  only_a_right: 0,
  only_b_right: 0,
  both_wrong: 0,
  accuracy: null,
  macro_f1: null,
};

/** Counts equal rows first, since looking labels up for every row of every pair is slow. */
function tableOf(a: RoundAnswers, b: RoundAnswers, { labels, rows }: GoldRows): PairedTable {
  const width = labels.length + 1;
  const positions = new Map(labels.map((label, index) => [label, index]));
  const counts = new Float64Array(labels.length * width ** 2);
  for (const [position, { expected }] of rows.entries()) {
    const [first, second] = [a.indexAt(position) ?? labels.length, b.indexAt(position) ?? labels.length];
    const cell = ((positions.get(expected) ?? 0) * width + first) * width + second;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const table = new PairedTable(labels);
  for (const [cell, count] of counts.entries()) {
    const expected = labels[Math.floor(cell / width ** 2)];
    const [first, second] = [labels[Math.floor(cell / width) % width] ?? null, labels[cell % width] ?? null];
    if (count > 0 && expected !== undefined) table.add(expected, first, second, count);
  }
  return table;
}
