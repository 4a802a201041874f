import { meets, type VariantThreshold } from '../../config/index.js';
import { ThresholdMissedError } from '../../errors/index.js';
import { type ExperimentResult, figuresByName, type VariantResult } from '../../experiment/index.js';

/**
 * @throws ThresholdMissedError when a threshold is not met: by the best variant, by the one that it names, or by one of
 * all, as it says
 */
export function requireAssertions(thresholds: readonly VariantThreshold[], result: ExperimentResult): void {
  const missed = thresholds.flatMap((threshold) =>
    variantsOf(threshold, result).flatMap((variant) => {
      const value = figuresByName(variant).get(threshold.path.join('.')) ?? null;
      if (meets(value, threshold)) return [];
      const shown = value === null ? 'not known' : String(Math.round(value * 1e6) / 1e6);
      return [`${threshold.text} (it is ${shown} for ${variant.name})`];
    }),
  );
  if (missed.length > 0) throw new ThresholdMissedError(missed);
}

function variantsOf({ variant }: VariantThreshold, { variants, best }: ExperimentResult): readonly VariantResult[] {
  if (variant === 'every') return variants;
  return variants.filter(({ name }) => name === (variant ?? best[0]));
}
