import { seededRandom } from '../concurrency/index.js';
import {
  discordantOdds,
  exactMcNemar,
  holm,
  PairedTable,
  pairedBootstrap,
  scoreConfusion,
  tangoInterval,
} from '../statistics/index.js';
import { type ComparedPair, concludePair } from './conclude-pair.js';
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

/** Compares every two variants on the rows that both answered the first time. */
export function compareVariants(
  records: readonly VariantRecord[],
  data: LabelledRows,
  options: ComparisonOptions,
): readonly PairResult[] {
  const asked = records.filter(({ failure }) => !failure);
  const pairs = asked.flatMap((a, index) => asked.slice(index + 1).map((b) => comparePair(a, b, data, options)));
  const tested = pairs.flatMap(({ p_value: p }) => (p === null ? [] : [p]));
  const adjusted = holm(tested);
  let next = 0;
  return pairs.map((pair) => {
    const p = pair.p_value === null ? null : (adjusted[next++] ?? null);
    return concludePair({ ...pair, p_adjusted: p, significant: p !== null && p <= 1 - options.confidence });
  });
}

function comparePair(a: VariantRecord, b: VariantRecord, data: LabelledRows, options: ComparisonOptions): ComparedPair {
  const table = tableOf(a.rounds[0], b.rounds[0], data).answeredByBoth();
  const { bothRight, onlyFirst, onlySecond, bothWrong } = table.outcomes();
  const { rows } = table;
  const { confidence, resamples, seed } = options;
  const drawn = pairedBootstrap(table, seededRandom(seed), { confidence, resamples });
  const [scoresA, scoresB] = [scoreConfusion(table.confusionOf('first')), scoreConfusion(table.confusionOf('second'))];
  const { ratio } = discordantOdds(onlyFirst, onlySecond, { confidence });
  const interval = rows === 0 ? null : tangoInterval(table.outcomes(), { confidence });
  return {
    a: a.variant.name,
    b: b.variant.name,
    rows,
    both_right: bothRight,
    only_a_right: onlyFirst,
    only_b_right: onlySecond,
    both_wrong: bothWrong,
    accuracy: {
      a: scoresA.accuracy,
      b: scoresB.accuracy,
      difference: rows === 0 ? null : (onlyFirst - onlySecond) / rows,
      lower: interval?.lower ?? null,
      upper: interval?.upper ?? null,
    },
    macro_f1: {
      a: scoresA.macroF1,
      b: scoresB.macroF1,
      difference: drawn?.macroF1.difference ?? null,
      lower: drawn?.macroF1.interval.lower ?? null,
      upper: drawn?.macroF1.interval.upper ?? null,
    },
    p_value: rows === 0 ? null : exactMcNemar(onlyFirst, onlySecond),
    p_adjusted: null,
    significant: false,
    odds_ratio: ratio === null || !Number.isFinite(ratio) ? null : ratio,
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
