import type { BaselineResult } from '../../evaluate/experiment/compare-baseline.js';
import type { Check, ExperimentResult, VariantResult } from '../../evaluate/experiment/experiment-result.js';
import { metricsByName } from '../../evaluate/experiment/score-variant.js';
import { ThresholdMissedError } from '../../foundation/errors/common-errors.js';
import { describeMiss, isOnSuccessRate, meets } from '../config/threshold.js';
import type { VariantThreshold } from '../config/variant-threshold.js';

/**
 * What the thresholds come to: for the best variant, for the one that they name, or for all, as they say; and whether the
 * best one is significantly worse than the baseline.
 */
export function checkAssertions(
  thresholds: readonly VariantThreshold[],
  result: ExperimentResult,
  baseline?: BaselineResult,
): readonly Check[] {
  const checks = thresholds.flatMap((threshold) =>
    variantsOf(threshold, result).map((variant) => checkOf(threshold, variant)),
  );
  return baseline ? [...checks, baselineCheck(baseline)] : checks;
}

/** The conditions that are not met, as one error; undefined where all are. */
export function missedChecks(checks: readonly Check[]): ThresholdMissedError | undefined {
  const missed = checks.flatMap((check) => (check.missed === null ? [] : [check.missed]));
  return missed.length > 0 ? new ThresholdMissedError(missed) : undefined;
}

function checkOf(threshold: VariantThreshold, variant: VariantResult): Check {
  const { text, path } = threshold;
  const value = metricsByName(variant).get(path.join('.')) ?? null;
  const missed = meets(value, threshold) ? null : describeMiss(threshold, value, ` for ${variant.name}`);
  return { variant: variant.name, name: text, acceptsFailures: isOnSuccessRate(threshold), missed };
}

function baselineCheck({ run, variant, rows, significantly_worse, sentence }: BaselineResult): Check {
  const missed = significantly_worse ? `not worse than the baseline (${sentence}, on ${rows} rows)` : null;
  return { variant, name: `not significantly worse than the baseline ${run}`, missed };
}

function variantsOf({ variant }: VariantThreshold, { variants, best }: ExperimentResult): readonly VariantResult[] {
  if (variant === 'every') return variants;
  return variants.filter(({ name }) => name === (variant ?? best[0]));
}
