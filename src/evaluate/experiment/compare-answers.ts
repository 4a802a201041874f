import { baselineWarnings } from '../../analysis/label-comparison.js';
import type { Warning } from '../../foundation/errors/chorale-error.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import { adjustBest, bestOf, chooseCriterion } from './best-variant.js';
import { compareVariants } from './compare-variants.js';
import type { AnswerScores, ComparisonResult } from './comparison-result.js';
import { disagreements, suspectedLabelErrors } from './disagreements.js';
import type { GoldRows } from './labelled-rows.js';
import type { NamedAnswers } from './variant-answers.js';

/** How several classifiers are compared. */
interface CompareOptions {
  /** @default by the rows of each label */
  readonly criterion?: Metric | undefined;
  readonly confidence: number;
  readonly resamples: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly runtime?: Runtime | undefined;
}

const mostDisagreements = 100;

/**
 * Compares classifiers by their answers to the same rows, whatever gave them.
 * @param scores of the same classifiers
 */
export async function compareAnswers(
  given: readonly NamedAnswers[],
  scores: readonly AnswerScores[],
  data: GoldRows,
  options: CompareOptions,
): Promise<ComparisonResult> {
  const { confidence } = options;
  const { criterion, reason } = chooseCriterion(data, options.criterion);
  const pairs = await compareVariants(given, data, { ...options, criterion });
  return {
    confidence_level: confidence,
    criterion,
    criterion_reason: reason,
    pairs,
    best: bestOf(scores, pairs, criterion),
    best_adjusted: adjustBest(given, data, { criterion, confidence }),
    dividing_rows: disagreements(given, data, mostDisagreements),
    doubtful_labels: suspectedLabelErrors(given, data),
  };
}

/** Below this many rows intervals are wide. */
const fewRows = 100;

/** Below this many rows of a class its metrics are unreliable. */
const fewOfClass = 10;

/** Above this failure rate the metrics of the answered rows are those of noticeably different rows. */
const manyFailures = 0.05;

/** A constant classifier may be the best by accuracy, and is of no use. */
export function constantWarnings(variants: readonly AnswerScores[], [best]: readonly string[]): readonly string[] {
  const constant = variants.find(({ name }) => name === best)?.constant ?? null;
  return constant === null
    ? []
    : [`the best variant ${best} is a constant classifier: it answers every row '${constant}'`];
}

/** What makes the metrics of these rows unreliable. */
export function goldWarnings({ rows, counts, labels }: GoldRows): readonly Warning[] {
  const warnings: Warning[] = [];
  if (rows.length < fewRows) warnings.push(`${rows.length} rows are few: they cannot show small differences`);
  const rare = labels.filter((label) => (counts[label] ?? 0) > 0 && (counts[label] ?? 0) < fewOfClass);
  if (rare.length > 0) {
    const list = rare.map((label) => `${label} (${counts[label]})`).join(', ');
    warnings.push(`fewer than ${fewOfClass} rows have the label ${list}: its metrics and macro-F1 are unreliable`);
  }
  const absent = labels.filter((label) => counts[label] === 0);
  if (absent.length > 0) {
    const present = labels.filter((label) => !absent.includes(label)).join(',');
    const problem = `no row has the label ${absent.join(', ')}, which the variants may answer`;
    warnings.push([`${problem}; if none can have it: `, { option: 'labels', value: present }]);
  }
  return warnings;
}

/** What makes the metrics of a classifier unreliable. */
export function answerWarnings({ name, rows, failed, confusion }: AnswerScores): readonly string[] {
  return [
    ...(failed > rows * manyFailures
      ? [`${name} failed on ${failed} of ${rows} rows: they count as wrong in all comparisons`]
      : []),
    ...baselineWarnings(confusion).map((warning) => `${name}: ${warning}`),
  ];
}
