import {
  type ComparedMetric,
  comparePaired,
  describeComparison,
  type PairedComparison,
} from '../../foundation/statistics/paired-comparison.js';
import { type PairedOutcomes, PairedTable } from '../../foundation/statistics/paired-table.js';
import { exactMcNemar, holm, rowsNeeded } from '../../foundation/statistics/paired-tests.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import type { PairResult } from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
import type { RoundAnswers, VariantRecord } from './variant-answers.js';

interface ComparisonOptions {
  /** Confidence level of the intervals. */
  readonly confidence: number;
  /** Samples of the bootstrap. */
  readonly resamples: number;
  /** Seed of the bootstrap. */
  readonly seed: number;
}

/** Compares every two variants on the rows that both answered in the first round. */
export function compareVariants(
  records: readonly VariantRecord[],
  data: LabelledRows,
  { confidence, resamples, seed }: ComparisonOptions,
): readonly PairResult[] {
  const measured = records.filter(({ failure }) => !failure);
  const pairs = measured.flatMap((a, index) =>
    measured.slice(index + 1).map((b) => {
      const table = tableOf(a.rounds[0], b.rounds[0], data);
      const compared = comparePaired(table, seededRandom(seed), { failures: 'left-out', confidence, resamples });
      return { a: a.variant.name, b: b.variant.name, compared, all: table.rows, strict: table.outcomes() };
    }),
  );
  const adjusted = holm(pairs.flatMap(({ compared }) => (compared ? [compared.accuracy.pValue] : [])));
  const strictPValues = pairs.map(({ strict }) => exactMcNemar(strict.onlyFirst, strict.onlySecond));
  const strictAdjusted = holm(strictPValues);
  let next = 0;
  return pairs.map(({ a, b, compared, all, strict: { onlyFirst, onlySecond } }, index) => {
    const p_adjusted = strictAdjusted[index] ?? 1;
    const failures_as_wrong = {
      only_a_right: onlyFirst,
      only_b_right: onlySecond,
      p_value: strictPValues[index] ?? 1,
      p_adjusted,
      significant: p_adjusted <= 1 - confidence && onlyFirst !== onlySecond,
    };
    if (!compared) return { ...emptyResult(a, b), failures_as_wrong };
    const pair = resultOf(a, b, compared, adjusted[next++] ?? 1, pairs.length > 1, confidence);
    const sentence = pair.sentence + failureNote(pair, all - pair.rows, failures_as_wrong);
    return { ...pair, sentence, failures_as_wrong };
  });
}

/** Rows that one of the two failed on are not in the comparison, but the choice of the best variant counts them. */
function failureNote(
  { a, b }: Pick<PairResult, 'a' | 'b'>,
  excluded: number,
  { only_a_right, only_b_right, significant }: PairResult['failures_as_wrong'],
): string {
  if (excluded === 0) return '';
  const rows = `${excluded} ${excluded === 1 ? 'row' : 'rows'} that one of them failed on ${excluded === 1 ? 'is' : 'are'} excluded`;
  const [better, worse] = only_a_right >= only_b_right ? [a, b] : [b, a];
  return significant ? `; ${rows}: with failures as wrong, ${better} beats ${worse}` : `; ${rows}`;
}

function resultOf(
  a: string,
  b: string,
  { rows, outcomes, discordance, accuracy, macroF1, odds }: PairedComparison,
  p_adjusted: number,
  corrected: boolean,
  confidence: number,
): Omit<PairResult, 'failures_as_wrong'> {
  const alpha = 1 - confidence;
  const { difference } = accuracy;
  const used = { ...accuracy, pValue: p_adjusted };
  return {
    a,
    b,
    rows,
    both_right: outcomes.bothRight,
    only_a_right: outcomes.onlyFirst,
    only_b_right: outcomes.onlySecond,
    both_wrong: outcomes.bothWrong,
    accuracy: { a: accuracy.first, b: accuracy.second, difference, ...accuracy.interval },
    macro_f1: { a: macroF1.first, b: macroF1.second, difference: macroF1.difference, ...macroF1.interval },
    p_value: accuracy.pValue,
    p_adjusted,
    significant: p_adjusted <= alpha && difference !== 0,
    odds_ratio: odds.ratio !== null && Number.isFinite(odds.ratio) ? odds.ratio : null,
    rows_needed: rowsNeeded(relevantDifference, discordance, { alpha }),
    sentence: describeAccuracy([a, b], outcomes, used, { corrected, confidence, alpha }),
  };
}

function emptyResult(a: string, b: string): Omit<PairResult, 'failures_as_wrong'> {
  const nothing = { a: null, b: null, difference: null, lower: null, upper: null };
  return {
    a,
    b,
    rows: 0,
    both_right: 0,
    only_a_right: 0,
    only_b_right: 0,
    both_wrong: 0,
    accuracy: nothing,
    macro_f1: nothing,
    p_value: null,
    p_adjusted: null,
    significant: false,
    odds_ratio: null,
    rows_needed: null,
    sentence: `${a} and ${b} cannot be compared: there is no row that both answered`,
  };
}

/** Counts equal rows first, since looking labels up for every row of every pair is slow. */
function tableOf(
  a: RoundAnswers | undefined,
  b: RoundAnswers | undefined,
  { labels, rows }: LabelledRows,
): PairedTable {
  const width = labels.length + 1;
  const positions = new Map(labels.map((label, index) => [label, index]));
  const counts = new Float64Array(labels.length * width ** 2);
  for (const [position, { expected }] of rows.entries()) {
    const [first, second] = [a?.indexAt(position) ?? labels.length, b?.indexAt(position) ?? labels.length];
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

/** Counts rows by which of two answers is right. */
export function countOutcomes(rows: Iterable<readonly [first: boolean, second: boolean]>): PairedOutcomes {
  const outcomes = { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
  for (const [first, second] of rows) {
    if (first) outcomes[second ? 'bothRight' : 'onlyFirst'] += 1;
    else outcomes[second ? 'onlySecond' : 'bothWrong'] += 1;
  }
  return outcomes;
}

/** A difference in accuracy that matters to people. */
const relevantDifference = 0.03;

/** One sentence about the accuracies of two classifiers. The p-value is adjusted where `corrected` says so. */
export function describeAccuracy(
  [first, second]: readonly [string, string],
  { bothRight, onlyFirst, onlySecond, bothWrong }: PairedOutcomes,
  { difference, interval, pValue }: ComparedMetric,
  options: { readonly corrected: boolean; readonly confidence?: number; readonly alpha?: number } = {
    corrected: false,
  },
): string {
  const rows = bothRight + onlyFirst + onlySecond + bothWrong;
  const needed = rowsNeeded(relevantDifference, (onlyFirst + onlySecond) / rows, options);
  const visible = { difference: relevantDifference, rows: needed };
  return describeComparison({ first, second, difference, interval, pValue, rows, visible }, options);
}

/** Two metrics of a variant, more is better; null where one is not known. */
interface ParetoPoint {
  readonly name: string;
  readonly quality: number | null;
  readonly economy: number | null;
}

/** The names of the points that no other point dominates, in their order. */
export function paretoFront(all: readonly ParetoPoint[]): readonly string[] {
  const known = all.flatMap(({ name, quality, economy }) =>
    quality === null || economy === null ? [] : [{ name, quality, economy }],
  );
  return known
    .filter((one) =>
      known.every(
        (other) =>
          other.quality < one.quality ||
          other.economy < one.economy ||
          (other.quality === one.quality && other.economy === one.economy),
      ),
    )
    .map(({ name }) => name);
}
