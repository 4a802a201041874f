import { fieldOf, meets, type Threshold } from '../../config/index.js';
import { ThresholdMissedError, UsageError } from '../../errors/index.js';
import type { Summary } from '../../sentiment/index.js';

/**
 * Refuses thresholds on fields that no summary of this run will have.
 * @param sample a summary of the run before it starts
 */
export function checkThresholdFields(thresholds: readonly Threshold[], sample: Summary): void {
  for (const { path, text } of thresholds) {
    if (fieldOf(sample, path) !== undefined) continue;
    const field = path.join('.');
    const hint = field === 'accuracy' || field === 'macro_f1' ? ' without --label' : '';
    throw new UsageError(
      `--assert '${text}': the summary has no numeric field '${field}'${hint}; there are: ${numericFields(sample).join(', ')}`,
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

function numericFields(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, field]) => {
    if (typeof field === 'number') return [`${prefix}${key}`];
    if (typeof field !== 'object' || field === null || Array.isArray(field)) return [];
    return numericFields(field, `${prefix}${key}.`);
  });
}
