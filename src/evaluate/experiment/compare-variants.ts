import {
  comparePaired,
  describeComparison,
  type PairedComparison,
} from '../../foundation/statistics/paired-comparison.js';
import { PairedTable } from '../../foundation/statistics/paired-table.js';
import { exactMcNemar, holm, rowsNeeded } from '../../foundation/statistics/paired-tests.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import type { LabelledRows } from './labelled-rows.js';
import type { PairResult } from './pair-result.js';
import type { RoundAnswers } from './round-answers.js';
import type { VariantRecord } from './variant-record.js';

/** How pairs are compared. */
export interface ComparisonOptions {
  /** How often the intervals are to hold the true value. */
  readonly confidence: number;
  /** Samples of the bootstrap. */
  readonly resamples: number;
  /** Of the bootstrap. */
  readonly seed: number;
}

/** A difference of the shares of right answers that would matter to people. */
export const differenceThatMatters = 0.03;

/** Compares every two variants on the rows that both answered the first time. */
export function compareVariants(
  records: readonly VariantRecord[],
  data: LabelledRows,
  options: ComparisonOptions,
): readonly PairResult[] {
  const { confidence, resamples, seed } = options;
  const asked = records.filter(({ failure }) => !failure);
  const pairs = asked.flatMap((a, index) =>
    asked.slice(index + 1).map((b) => {
      const table = tableOf(a.rounds[0], b.rounds[0], data);
      const compared = comparePaired(table, seededRandom(seed), { failures: 'left-out', confidence, resamples });
      const { onlyFirst, onlySecond } = table.outcomes();
      return { a: a.variant.name, b: b.variant.name, compared, all: table.rows, onlyFirst, onlySecond };
    }),
  );
  const adjusted = holm(pairs.flatMap(({ compared }) => (compared ? [compared.accuracy.pValue] : [])));
  const strict = pairs.map(({ onlyFirst, onlySecond }) => exactMcNemar(onlyFirst, onlySecond));
  const strictAdjusted = holm(strict);
  let next = 0;
  return pairs.map(({ a, b, compared, all, onlyFirst, onlySecond }, index) => {
    const p_adjusted = strictAdjusted[index] ?? 1;
    const failures_as_wrong = {
      only_a_right: onlyFirst,
      only_b_right: onlySecond,
      p_value: strict[index] ?? 1,
      p_adjusted,
      significant: p_adjusted <= 1 - confidence && onlyFirst !== onlySecond,
    };
    if (!compared) return { ...emptyResult(a, b), failures_as_wrong };
    const pair = resultOf(a, b, compared, adjusted[next++] ?? 1, pairs.length > 1, confidence);
    const sentence = pair.sentence + failureNote(pair, all - pair.rows, failures_as_wrong);
    return { ...pair, sentence, failures_as_wrong };
  });
}

/** Rows that one of the two failed on are not in the comparison, but they are in the marks of the best. */
function failureNote(
  { a, b }: Pick<PairResult, 'a' | 'b'>,
  leftOut: number,
  { only_a_right, only_b_right, significant }: PairResult['failures_as_wrong'],
): string {
  if (leftOut === 0) return '';
  const rows = `${leftOut} ${leftOut === 1 ? 'row' : 'rows'} that one of them failed on ${leftOut === 1 ? 'is' : 'are'} left out`;
  const [better, worse] = only_a_right >= only_b_right ? [a, b] : [b, a];
  return significant ? `; ${rows}: with failures as wrong, ${better} beats ${worse}` : `; ${rows}`;
}

function resultOf(
  a: string,
  b: string,
  compared: PairedComparison,
  adjusted: number,
  corrected: boolean,
  confidence: number,
): Omit<PairResult, 'failures_as_wrong'> {
  const { rows, outcomes, discordance, accuracy, macroF1, odds } = compared;
  const { difference, interval } = accuracy;
  const alpha = 1 - confidence;
  const needed = rowsNeeded(differenceThatMatters, discordance, { alpha });
  const sentence = describeComparison(
    {
      first: a,
      second: b,
      difference,
      interval,
      pValue: adjusted,
      rows,
      visible: { difference: differenceThatMatters, rows: needed },
    },
    { corrected, confidence, alpha },
  );
  return {
    a,
    b,
    rows,
    both_right: outcomes.bothRight,
    only_a_right: outcomes.onlyFirst,
    only_b_right: outcomes.onlySecond,
    both_wrong: outcomes.bothWrong,
    accuracy: { a: accuracy.first, b: accuracy.second, difference, ...interval },
    macro_f1: {
      a: macroF1.first,
      b: macroF1.second,
      difference: macroF1.difference,
      ...macroF1.interval,
    },
    p_value: accuracy.pValue,
    p_adjusted: adjusted,
    significant: adjusted <= alpha && difference !== 0,
    odds_ratio: odds.ratio !== null && Number.isFinite(odds.ratio) ? odds.ratio : null,
    rows_needed: needed,
    sentence,
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

/** Equal rows are counted before the table looks their labels up: there may be many pairs, and many rows. */
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
