/** So many values are told apart after the rare ones were dropped. */
const mostValues = 1_000;

export interface FrequentValue {
  readonly value: string;
  /** How often it came; where values were dropped, at most `uncertainty` more often. */
  readonly count: number;
}

/**
 * The most frequent values of a stream, in bounded memory: exact up to 2,000 different values. Beyond, a value that made up
 * more than a thousandth of the stream is never dropped (J. Misra and D. Gries, Science of Computer Programming 2, 1982; P.
 * Agarwal and others, "Mergeable Summaries", ACM TODS 38, 2013).
 */
export class FrequentValues {
  private readonly counts = new Map<string, number>();
  private dropped = 0;
  total = 0;

  add(value: string): void {
    this.total += 1;
    this.counts.set(value, (this.counts.get(value) ?? 0) + 1);
    if (this.counts.size > 2 * mostValues) this.drop();
  }

  /** How much too low a count may be: 0 as long as all values are told apart. */
  get uncertainty(): number {
    return this.dropped;
  }

  /** Number of different values; null if it is not known. */
  get different(): number | null {
    return this.dropped > 0 ? null : this.counts.size;
  }

  /** The most frequent ones, the more frequent first; of equal ones that which came first. */
  list(length: number): readonly FrequentValue[] {
    return [...this.counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, length)
      .map(([value, count]) => ({ value, count }));
  }

  /** Lowers all counts by that of the first value that finds no place: values at 0 go. */
  private drop(): void {
    const lowered = [...this.counts.values()].sort((a, b) => b - a)[mostValues] ?? 0;
    this.dropped += lowered;
    for (const [value, count] of this.counts) {
      if (count <= lowered) this.counts.delete(value);
      else this.counts.set(value, count - lowered);
    }
  }
}
