import type { VariantResult } from './experiment-result.js';

/** Two metrics of a variant, more is better; null if one is not known. */
interface ParetoPoint {
  readonly name: string;
  readonly quality: number | null;
  readonly economy: number | null;
}

/** What a variant costs, as a number of which more is better; null if it is not known. */
const economies = {
  speed: ({ reviews_per_second }: VariantResult) => reviews_per_second,
  tokens: ({ tokens: { per_review } }: VariantResult) => (per_review === null ? null : -per_review),
};

type Economy = keyof typeof economies;

/** For each economy, the variants that no other variant dominates in it and in quality. */
export function paretoFronts(
  variants: readonly VariantResult[],
  qualityOf: (variant: VariantResult) => number | null,
): Readonly<Record<Economy, readonly string[]>> {
  const front = (economy: Economy) =>
    paretoFront(
      variants.map((variant) => ({
        name: variant.name,
        quality: qualityOf(variant),
        economy: economies[economy](variant),
      })),
    );
  return { speed: front('speed'), tokens: front('tokens') };
}

/** The names of the points that no other point dominates, in their order. */
function paretoFront(all: readonly ParetoPoint[]): readonly string[] {
  const known = all.flatMap(({ name, quality, economy }) =>
    quality === null || economy === null ? [] : [{ name, quality, economy }],
  );
  return known
    .filter((one) =>
      known.every(
        (other) =>
          other.quality < one.quality ||
          other.economy < one.economy ||
          (other.quality === one.quality && other.economy === one.economy),
      ),
    )
    .map(({ name }) => name);
}
