import { fieldOf, meets, type Threshold } from '../../config/index.js';
import { nearestName, ThresholdMissedError, UsageError } from '../../errors/index.js';
import type { Summary } from '../../sentiment/index.js';

/** Fields that are there only with right labels. */
const needsLabels = /^(?:accuracy|macro_f1|confidence\.(?:expected_calibration_error|accuracy_surest_[58]0))$/;

/**
 * Refuses thresholds on fields that no summary of this run will have.
 * @param sample a summary of the run before it starts
 */
export function checkThresholdFields(thresholds: readonly Threshold[], sample: Summary): void {
  for (const { path, text } of thresholds) {
    if (fieldOf(sample, path) !== undefined) continue;
    const field = path.join('.');
    const known = assertableFields(sample);
    throw new UsageError(
      `--assert '${text}': the summary has no numeric field '${field}'${hintOn(field, known)}; there are: ${known.join(', ')}`,
    );
  }
}

/** @throws ThresholdMissedError when a threshold is not met */
export function requireThresholds(thresholds: readonly Threshold[], summary: Summary): void {
  const missed = thresholds.flatMap((threshold) => {
    const value = fieldOf(summary, threshold.path) ?? null;
    return meets(value, threshold) ? [] : [`${threshold.text} (it is ${value ?? 'not known'})`];
  });
  if (missed.length > 0) throw new ThresholdMissedError(missed);
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
