import { type FailureRule, type ScoreOptions, scoreConfusion } from './classification-scores.js';
import { type DiscordantOdds, discordantOdds } from './discordant-odds.js';
import { exactMcNemar } from './exact-mcnemar.js';
import type { Interval } from './interval.js';
import { type BootstrapOptions, pairedBootstrap } from './paired-bootstrap.js';
import type { PairedOutcomes, PairedTable } from './paired-table.js';
import { tangoInterval } from './tango-interval.js';

export interface ComparisonOptions extends BootstrapOptions {
  /** A row that either judge did not answer: out for both, or a wrong answer of who gave none. @default 'wrong' */
  readonly failures?: FailureRule;
}

/** One figure of two judges on the same rows. */
export interface ComparedMetric {
  readonly first: number;
  readonly second: number;
  /** First − second. */
  readonly difference: number;
  readonly interval: Interval;
  /** Of this comparison alone: correct it for the number of comparisons before claiming anything (`holm`). */
  readonly pValue: number;
}

export interface PairedComparison {
  readonly rows: number;
  readonly outcomes: PairedOutcomes;
  /** Share of rows that exactly one of the two got right. */
  readonly discordance: number;
  /** Interval of Tango, p-value of McNemar's exact test. */
  readonly accuracy: ComparedMetric;
  /** Interval and p-value of the bootstrap. */
  readonly macroF1: ComparedMetric;
  readonly odds: DiscordantOdds;
}

/**
 * All that tells whether one of two judges is better on the same rows.
 * @param random gives numbers in [0, 1), for the bootstrap; the same numbers give the same result
 * @returns null where no row is left to compare
 * @throws InvalidOptionError where an option is outside its range
 */
export function comparePaired(
  table: PairedTable,
  random: () => number,
  options: ComparisonOptions = {},
): PairedComparison | null {
  const compared = options.failures === 'left-out' ? table.answeredByBoth() : table;
  const bootstrap = pairedBootstrap(compared, random, options);
  if (bootstrap === null) return null;
  const { rows } = compared;
  const outcomes = compared.outcomes();
  const { bothRight, onlyFirst, onlySecond } = outcomes;
  const macroF1 = (classify: 'first' | 'second') => scoreConfusion(compared.confusionOf(classify), wrong).macroF1 ?? 0;
  return {
    rows,
    outcomes,
    discordance: (onlyFirst + onlySecond) / rows,
    accuracy: {
      first: (bothRight + onlyFirst) / rows,
      second: (bothRight + onlySecond) / rows,
      difference: (onlyFirst - onlySecond) / rows,
      interval: tangoInterval(outcomes, options),
      pValue: exactMcNemar(onlyFirst, onlySecond),
    },
    macroF1: { first: macroF1('first'), second: macroF1('second'), ...bootstrap.macroF1 },
    odds: discordantOdds(onlyFirst, onlySecond, options),
  };
}

const wrong: ScoreOptions = { failures: 'wrong' };
