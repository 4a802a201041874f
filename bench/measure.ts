import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Something to be measured: one call is one round. */
export type Candidate = () => Promise<unknown>;

export interface Rounds {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them, in which the code gets warm. */
  readonly warmUp: number;
}

/** Durations of one candidate, in milliseconds. */
export interface Measured {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage: (kind: { readonly type: 'minor' }) => void = runInNewContext('gc');

/**
 * Measures candidates in one process: every round runs all of them in a random order, each without the
 * young garbage of the one before.
 */
export async function measure<N extends string>(
  candidates: Readonly<Record<N, Candidate>>,
  { rounds, warmUp }: Rounds,
): Promise<Record<N, Measured>> {
  const names = Object.keys(candidates) as N[];
  const times = new Map<N, number[]>(names.map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of shuffle(names)) {
      // The young generation only: a full collection also throws optimized code away.
      collectGarbage({ type: 'minor' });
      const startedAt = performance.now();
      await candidates[name]();
      const duration = performance.now() - startedAt;
      if (round >= 0) times.get(name)?.push(duration);
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, summarize(list)])) as Record<N, Measured>;
}

function summarize(times: readonly number[]): Measured {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), lowerQuartile: at(0.25), upperQuartile: at(0.75) };
}

function shuffle<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
