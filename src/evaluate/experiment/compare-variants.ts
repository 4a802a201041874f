import {
  comparePaired,
  describeComparison,
  type PairedComparison,
} from '../../foundation/statistics/paired-comparison.js';
import { PairedTable } from '../../foundation/statistics/paired-table.js';
import { exactMcNemar, holm, rowsNeeded, tangoInterval } from '../../foundation/statistics/paired-tests.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import type { PairResult } from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
import type { RoundAnswers, VariantRecord } from './variant-answers.js';

/** How pairs are compared. */
interface ComparisonOptions {
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

/** A prompt against the reference, on the same rows. */
export interface ReferenceComparison {
  /** Share of right answers more than the unchanged prompt, with Tango's interval. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  /** Exact test of McNemar. */
  readonly p_value: number;
  /** The same, corrected for the number of finalists (Holm). */
  readonly p_adjusted: number;
  readonly significant: boolean;
  readonly sentence: string;
}

/** One prompt as it was measured on the validation half. */
interface ComparedPrompt {
  readonly name: string;
  /** 0-based row. Null where it has no answer. */
  readonly answerAt: (position: number) => string | null;
}

const alpha = 0.05;

/** Each look against the unchanged prompt, on the same rows; a row without an answer is a wrong one. */
export function compareWithReference(
  unchanged: ComparedPrompt,
  prompts: readonly ComparedPrompt[],
  { rows }: LabelledRows,
): readonly ReferenceComparison[] {
  const all = prompts.map((prompt) => ({ look: prompt, outcomes: outcomesOf(prompt, unchanged, rows) }));
  const pValues = all.map(({ outcomes: { onlyFirst, onlySecond } }) => exactMcNemar(onlyFirst, onlySecond));
  const adjusted = holm(pValues);
  return all.map(({ look: prompt, outcomes }, index) => {
    const { onlyFirst, onlySecond } = outcomes;
    const difference = (onlyFirst - onlySecond) / rows.length;
    const interval = tangoInterval(outcomes);
    const pValue = adjusted[index] ?? 1;
    const needed = rowsNeeded(differenceThatMatters, (onlyFirst + onlySecond) / rows.length);
    const visible = { difference: differenceThatMatters, rows: needed };
    const compared = {
      first: prompt.name,
      second: unchanged.name,
      difference,
      interval,
      pValue,
      rows: rows.length,
      visible,
    };
    return {
      difference,
      ...interval,
      p_value: pValues[index] ?? 1,
      p_adjusted: pValue,
      significant: pValue <= alpha && difference !== 0,
      sentence: describeComparison(compared, { corrected: prompts.length > 1 }),
    };
  });
}

function outcomesOf(first: ComparedPrompt, second: ComparedPrompt, rows: LabelledRows['rows']) {
  const outcomes = { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
  for (const [position, { expected }] of rows.entries()) {
    const isRight = [first, second].map(({ answerAt }) => answerAt(position) === expected);
    if (isRight[0]) outcomes[isRight[1] ? 'bothRight' : 'onlyFirst'] += 1;
    else outcomes[isRight[1] ? 'onlySecond' : 'bothWrong'] += 1;
  }
  return outcomes;
}

/** A variant in two respects; null where one of them is not known. */
interface Standing {
  readonly name: string;
  /** More is better. */
  readonly quality: number | null;
  /** More is better. */
  readonly economy: number | null;
}

/** Those that no other one surpasses in one respect without being worse in the other, in their order. */
export function paretoFront(all: readonly Standing[]): readonly string[] {
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
