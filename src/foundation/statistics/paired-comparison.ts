import { type FailureRule, type ScoreOptions, scoreConfusion } from './classification-scores.js';
import type { BootstrapDifference } from './difference-tally.js';
import { pairedBootstrap } from './paired-bootstrap.js';
import type { PairedOutcomes, PairedTable } from './paired-table.js';
import { type DiscordantOdds, discordantOdds, mcNemar, tangoInterval } from './paired-tests.js';
import { type Conclusion, conclude, type Family, loneComparison } from './simultaneous.js';

interface ComparisonOptions {
  /** Samples of the bootstrap. @default 10000 */
  readonly resamples?: number | undefined;
  /** A row without an answer of one classifier: excluded, or a wrong answer. @default 'wrong' */
  readonly failures?: FailureRule;
  /** The comparisons of accuracies that are made together. @default this one alone, at 95 % */
  readonly family?: Family | undefined;
  /** Those of macro-F1. @default that of the accuracies */
  readonly macroF1Family?: Family | undefined;
}

/** One metric of two classifiers on the same rows. */
export interface ComparedMetric extends Conclusion {
  readonly first: number;
  readonly second: number;
  /** First − second. */
  readonly difference: number;
}

export interface PairedComparison {
  readonly rows: number;
  readonly outcomes: PairedOutcomes;
  /** Interval of Tango, p-value of McNemar's mid-p test. */
  readonly accuracy: ComparedMetric;
  /** Interval and p-value of the bootstrap. */
  readonly macroF1: ComparedMetric;
  readonly odds: DiscordantOdds;
}

/** Compares two classifiers on the same rows. @returns null if no row is left to compare */
export function comparePaired(
  table: PairedTable,
  random: () => number,
  options: ComparisonOptions = {},
): PairedComparison | null {
  const { family, macroF1Family = family ?? loneComparison(), resamples } = options;
  const compared = options.failures === 'left-out' ? table.answeredByBoth() : table;
  const bootstrap = pairedBootstrap(compared, random, {
    confidence: 1 - macroF1Family.level,
    ...(resamples !== undefined && { resamples }),
  });
  return bootstrap && concludePaired(compared, bootstrap.macroF1, { family, macroF1Family });
}

/** Compares two classifiers on at least one row. @param drawn the difference of macro-F1, by a bootstrap of these rows */
export function concludePaired(
  compared: PairedTable,
  drawn: BootstrapDifference,
  { family = loneComparison(), macroF1Family = family }: Pick<ComparisonOptions, 'family' | 'macroF1Family'> = {},
): PairedComparison {
  const { rows } = compared;
  const outcomes = compared.outcomes();
  const { onlyFirst, onlySecond } = outcomes;
  const macroF1 = (classify: 'first' | 'second') => scoreConfusion(compared.confusionOf(classify), wrong).macroF1 ?? 0;
  const { difference, pValue, interval } = drawn;
  return {
    rows,
    outcomes,
    accuracy: compareAccuracy(outcomes, family),
    macroF1: {
      first: macroF1('first'),
      second: macroF1('second'),
      difference,
      ...conclude(pValue, interval, macroF1Family),
    },
    odds: discordantOdds(onlyFirst, onlySecond),
  };
}

/** The accuracies of two classifiers on at least one row: interval of Tango, p-value of McNemar's mid-p test. */
export function compareAccuracy(outcomes: PairedOutcomes, family: Family = loneComparison()): ComparedMetric {
  const { bothRight, onlyFirst, onlySecond, bothWrong } = outcomes;
  const rows = bothRight + onlyFirst + onlySecond + bothWrong;
  const interval = tangoInterval(outcomes, { confidence: 1 - family.level });
  return {
    first: (bothRight + onlyFirst) / rows,
    second: (bothRight + onlySecond) / rows,
    difference: (onlyFirst - onlySecond) / rows,
    ...conclude(mcNemar(onlyFirst, onlySecond), interval, family),
  };
}

const wrong: ScoreOptions = { failures: 'wrong' };
