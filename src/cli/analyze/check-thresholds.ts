import { streamReviews } from '../../analysis/stream-reviews.js';
import type { Summary } from '../../analysis/summary.js';
import { labelField } from '../../classify/fields/field-spec.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { nearestName } from '../../foundation/text/message-text.js';
import { describeMiss, fieldOf, meets, type Threshold } from '../options/threshold.js';
import type { AnalysisSetup } from './analysis-plan.js';
import type { OpenInput } from './open-input.js';

/** Fields that exist only with gold labels. */
const needsLabels =
  /^(?:accuracy|macro_f1|accuracy_interval\..*|macro_f1_interval\..*|majority_baseline|answered_only\..*|per_class\..*|confidence\.(?:expected_calibration_error|calibration_error_.*|accuracy_surest_[58]0))$/;

/** Fields of a field of the answer that exist only with gold values. */
const needsGold =
  /^(?:fields\.)?\w+\.(?:accuracy|macro_f1|micro_f1|f1|precision|recall|exact_match|mae|spearman)(?:_interval\..*)?$/;

/**
 * The thresholds with the fields of the summary that they mean: `refund.accuracy` is short for `fields.refund.accuracy`, and
 * what is said of the label field is said of the whole summary.
 * @throws UsageError for a field that the summary of this run will not have
 */
export function resolveThresholds(
  { flags, settings, agent }: AnalysisSetup,
  { roles }: OpenInput,
): readonly Threshold[] | undefined {
  const price = settings.prices[agent.model.name];
  const labelledFields = roles.gold.map(({ field }) => field);
  const sample = streamReviews([], { agent, price, labelled: roles.label !== undefined, labelledFields });
  const known = assertableFields(sample.summary());
  const label = labelField(agent.fields ?? [])?.name;
  return flags.assert?.map((threshold) => {
    const { path, text } = threshold;
    const meanings = [path, ['fields', ...path], ...(path[0] === label ? [path.slice(1)] : [])];
    const meant = meanings.find((names) => isKnown(names, known));
    if (meant) return { ...threshold, path: meant };
    const field = path.join('.');
    throw new UsageError(
      `--assert '${text}': the summary has no numeric field '${field}'${hintOn(field, known)}; there are: ${shown(known)}`,
    );
  });
}

/** The ends of an interval that is not known yet are fields too. */
function isKnown(path: readonly string[], known: readonly string[]): boolean {
  const end = path.at(-1);
  const isEnd = (end === 'lower' || end === 'upper') && path.at(-2)?.endsWith('_interval');
  return known.includes(path.join('.')) || (isEnd === true && known.includes(path.slice(0, -1).join('.')));
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
  const others = known.filter((field) => !/(?:^|\.)(?:per_class|values)\./.test(field));
  return [
    ...others,
    ...(others.length < known.length ? ['per_class.LABEL.f1 (or precision, recall, support)'] : []),
  ].join(', ');
}

function hintOn(field: string, known: readonly string[]): string {
  if (needsLabels.test(field)) return ' without --label';
  if (needsGold.test(field) && !known.some((name) => name.startsWith('fields.') && needsGold.test(name))) {
    return ' without --label FIELD=COLUMN';
  }
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
