/** A part of two fingerprints that is not the same. */
export interface DifferingPart {
  readonly part: string;
  /** Null where that fingerprint has no such part. */
  readonly a: string | null;
  readonly b: string | null;
}

/** The parts of two fingerprints that differ, in the order in which they are first named. */
export function differingParts(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): readonly DifferingPart[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const partOf = (parts: Readonly<Record<string, string>>, name: string) =>
    Object.hasOwn(parts, name) ? (parts[name] ?? null) : null;
  return names
    .map((part) => ({ part, a: partOf(a, part), b: partOf(b, part) }))
    .filter((differing) => differing.a !== differing.b);
}
