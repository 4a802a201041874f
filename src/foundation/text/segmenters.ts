type Granularity = NonNullable<Intl.SegmenterOptions['granularity']>;

const made = new Map<Granularity, Intl.Segmenter>();

/** The segmenter of a granularity. It is made at its first use: that takes longer than to load the code of a command. */
export function segmenterOf(granularity: Granularity): Intl.Segmenter {
  const known = made.get(granularity);
  if (known) return known;
  const segmenter = new Intl.Segmenter('en', { granularity });
  made.set(granularity, segmenter);
  return segmenter;
}
