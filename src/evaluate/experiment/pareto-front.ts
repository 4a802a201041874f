/** A variant in two respects; null where one of them is not known. */
export interface Standing {
  readonly name: string;
  /** More is better. */
  readonly quality: number | null;
  /** More is better. */
  readonly economy: number | null;
}

/** Those that no other one surpasses in one respect without being worse in the other, in their order. */
export function paretoFront(all: readonly Standing[]): readonly string[] {
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
