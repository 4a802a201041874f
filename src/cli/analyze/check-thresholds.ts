import { streamReviews } from '../../analysis/stream-reviews.js';
import type { Summary } from '../../analysis/summary.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { nearestName } from '../../foundation/text/message-text.js';
import { describeMiss, fieldOf, meets, type Threshold } from '../options/threshold.js';
import type { AnalysisSetup } from './analysis-plan.js';
import type { OpenInput } from './open-input.js';

/** Fields that exist only with gold labels. */
const needsLabels =
  /^(?:accuracy|macro_f1|accuracy_interval\..*|macro_f1_interval\..*|majority_baseline|per_class\..*|confidence\.(?:expected_calibration_error|calibration_error_.*|accuracy_surest_[58]0))$/;

/** Rejects thresholds on fields that the summary of this run will not have. @throws UsageError */
export function checkThresholdFields({ flags, settings, agent }: AnalysisSetup, { roles }: OpenInput): void {
  const price = settings.prices[agent.model.name];
  const known = assertableFields(streamReviews([], { agent, price, labelled: roles.label !== undefined }).summary());
  for (const { path, text } of flags.assert ?? []) {
    const field = path.join('.');
    if (known.includes(field)) continue;
    throw new UsageError(
      `--assert '${text}': the summary has no numeric field '${field}'${hintOn(field, known)}; there are: ${shown(known)}`,
    );
  }
}

/** The thresholds that are not met, each with the value that the run has instead. */
export function missedThresholds(thresholds: readonly Threshold[], summary: Summary): readonly string[] {
  return thresholds.flatMap((threshold) => {
    const value = fieldOf(summary, threshold.path) ?? null;
    return meets(value, threshold) ? [] : [describeMiss(threshold, value)];
  });
}

/** The metrics of one label represent those of all labels: there may be many. */
function shown(known: readonly string[]): string {
  const others = known.filter((field) => !field.startsWith('per_class.'));
  return [
    ...others,
    ...(others.length < known.length ? ['per_class.LABEL.f1 (or precision, recall, support)'] : []),
  ].join(', ');
}

function hintOn(field: string, known: readonly string[]): string {
  if (needsLabels.test(field)) return ' without --label';
  const nearest = nearestName(field, known);
  return nearest === null ? '' : ` (did you mean '${nearest}'?)`;
}

/** The fields that may be numbers at the end: in the sample, those that nothing is known of yet are null. */
function assertableFields(sample: Summary): string[] {
  const { first: _, ...queue } = sample.latency_ms;
  return numericFields({ ...sample, queue_ms: queue });
}

function numericFields(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, field]) => {
    if (typeof field === 'number' || field === null) return [`${prefix}${key}`];
    if (typeof field !== 'object' || Array.isArray(field)) return [];
    return numericFields(field, `${prefix}${key}.`);
  });
}
