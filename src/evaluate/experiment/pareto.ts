import type { VariantResult } from './experiment-result.js';

/** What a variant costs. */
interface Economy {
  /** Null if it is not known. */
  readonly valueOf: (variant: VariantResult) => number | null;
  /** Whether the first variant costs less. */
  readonly isBetter: (one: VariantResult, other: VariantResult) => boolean;
}

const economies = {
  speed: { valueOf: ({ reviews_per_second }) => reviews_per_second, isBetter: isFaster },
  tokens: {
    valueOf: ({ tokens }) => tokens.per_review,
    isBetter: ({ tokens: a }, { tokens: b }) =>
      a.per_review !== null && b.per_review !== null && a.per_review < b.per_review,
  },
} as const satisfies Readonly<Record<string, Economy>>;

/** Whether the interval of its speed is above that of the other. Without intervals, no variant is faster. */
export function isFaster({ speed: one }: VariantResult, { speed: other }: VariantResult): boolean {
  const [lower, upper] = [one.reviews_per_second.lower, other.reviews_per_second.upper];
  return lower !== null && upper !== null && lower > upper;
}

/** For each economy, the variants that no other variant dominates in it and in quality. */
export function paretoFronts(
  variants: readonly VariantResult[],
  qualityOf: (variant: VariantResult) => number | null,
): Readonly<Record<keyof typeof economies, readonly string[]>> {
  const { speed, tokens } = economies;
  return { speed: paretoFront(variants, qualityOf, speed), tokens: paretoFront(variants, qualityOf, tokens) };
}

function paretoFront(
  variants: readonly VariantResult[],
  qualityOf: (variant: VariantResult) => number | null,
  { valueOf: cost, isBetter }: Economy,
): readonly string[] {
  const known = variants.flatMap((variant) => {
    const quality = qualityOf(variant);
    return quality === null || cost(variant) === null ? [] : [{ variant, quality }];
  });
  return known
    .filter(({ variant, quality }) =>
      known.every((other) => {
        const isWorse = other.quality < quality || isBetter(variant, other.variant);
        return isWorse || (other.quality === quality && !isBetter(other.variant, variant));
      }),
    )
    .map(({ variant }) => variant.name);
}
