import { describeComparison, describeDifference } from '../../foundation/statistics/describe-comparison.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import type { ComparedMetric } from '../../foundation/statistics/paired-comparison.js';
import type { PairedOutcomes } from '../../foundation/statistics/paired-table.js';
import { rowsNeededInterval } from '../../foundation/statistics/rows-needed.js';

/** A difference that matters to people. */
export const relevantDifference = 0.03;

/** Two classifiers on the same rows. Macro-F1 is not needed where accuracy is the criterion. */
interface Compared {
  readonly outcomes: PairedOutcomes;
  readonly accuracy: ComparedMetric;
  readonly macroF1?: ComparedMetric | undefined;
}

/** With fewer discordant rows the percentiles of the bootstrap are too narrow, and exclude nothing. */
const fewestDiscordant = 10;

interface DescribeOptions {
  /** @default accuracy */
  readonly criterion?: Metric;
  /** @default 0.95 */
  readonly confidence?: number;
  /** Comparisons that are made together. @default 1 */
  readonly comparisons?: number;
  /** The same two on the rows that both answered: null if there is none, undefined if both answered all. */
  readonly bothAnswered?: Compared | null | undefined;
}

/** One sentence about two classifiers, with failures as wrong, and where some failed the comparison without them. */
export function describePair(
  [first, second]: readonly [string, string],
  compared: Compared,
  options: DescribeOptions = {},
): string {
  const { criterion = 'accuracy', confidence = 0.95, comparisons = 1, bothAnswered } = options;
  const metric = criterion === 'macro-f1' ? 'macro-F1' : undefined;
  const said = { corrected: comparisons > 1, confidence, ...(metric !== undefined && { metric }) };
  const { onlyFirst, onlySecond } = compared.outcomes;
  const rows = rowsOf(compared.outcomes);
  const inWords = (one: Compared) => ({ first, second, ...metricOf(one, criterion) });
  const alpha = (1 - confidence) / comparisons;
  const needed = rowsNeededInterval(relevantDifference, onlyFirst + onlySecond, rows, { alpha });
  const relevant = { difference: relevantDifference, rowsNeeded: criterion === 'accuracy' ? needed : null };
  const isUnreliable = criterion === 'macro-f1' && onlyFirst + onlySecond < fewestDiscordant;
  const tooFewDiscordant = isUnreliable ? onlyFirst + onlySecond : undefined;
  const sentence = describeComparison({ ...inWords(compared), rows, relevant, tooFewDiscordant }, said);
  if (bothAnswered === undefined) return sentence;
  if (bothAnswered === null) return `${sentence}; failures count as wrong, and there is no row that both answered`;
  const count = rowsOf(bothAnswered.outcomes);
  const answered = `on the ${count} ${count === 1 ? 'row' : 'rows'} that both answered`;
  return `${sentence}; failures count as wrong; ${answered}: ${describeDifference(inWords(bothAnswered), said)}`;
}

function metricOf({ accuracy, macroF1 }: Compared, criterion: Metric) {
  const { difference, interval, adjusted, significant } = criterion === 'macro-f1' ? (macroF1 ?? accuracy) : accuracy;
  return { difference, interval, pValue: adjusted, significant };
}

function rowsOf({ bothRight, onlyFirst, onlySecond, bothWrong }: PairedOutcomes): number {
  return bothRight + onlyFirst + onlySecond + bothWrong;
}
