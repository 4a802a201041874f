const unitBytes: Readonly<Record<string, number>> = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Bytes of a size as people write it (`500MB`, `2GB`, `0B`); undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?) ?([kKMG]?B)$/.exec(text.trim());
  const unit = unitBytes[parts?.[2] ?? ''];
  return unit === undefined ? undefined : Math.round(Number(parts?.[1]) * unit);
}
