import { meets, type VariantThreshold } from '../../config/index.js';
import { ThresholdMissedError } from '../../errors/index.js';
import {
  type BaselineResult,
  type Check,
  type ExperimentResult,
  figuresByName,
  type VariantResult,
} from '../../experiment/index.js';

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

/** @throws ThresholdMissedError when one is not met */
export function requireChecks(checks: readonly Check[]): void {
  const missed = checks.flatMap((check) => (check.missed === null ? [] : [check.missed]));
  if (missed.length > 0) throw new ThresholdMissedError(missed);
}

function checkOf(threshold: VariantThreshold, variant: VariantResult): Check {
  const { text, path } = threshold;
  const value = figuresByName(variant).get(path.join('.')) ?? null;
  const shown = value === null ? 'not known' : String(Math.round(value * 1e6) / 1e6);
  const missed = meets(value, threshold) ? null : `${text} (it is ${shown} for ${variant.name})`;
  return { variant: variant.name, name: text, missed };
}

function baselineCheck({ run, variant, rows, significantly_worse, sentence }: BaselineResult): Check {
  const missed = significantly_worse ? `not worse than the baseline (${sentence}, on ${rows} rows)` : null;
  return { variant, name: `not significantly worse than the baseline ${run}`, missed };
}

function variantsOf({ variant }: VariantThreshold, { variants, best }: ExperimentResult): readonly VariantResult[] {
  if (variant === 'every') return variants;
  return variants.filter(({ name }) => name === (variant ?? best[0]));
}
