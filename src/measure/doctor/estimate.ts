import type { Throughput } from './probe-throughput.js';

/** What a data set would take. */
export interface Estimate {
  readonly reviews: number;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Null where the server does not count. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Answers that it is drawn from. */
  readonly basedOn: number;
}

/** What so many reviews would take at the rate and with the tokens of a short run; null where that gave no rate. */
export function estimateRun(reviews: number, measured: Throughput): Estimate | null {
  const { perSecond, promptTokens, completionTokens, answered } = measured;
  if (perSecond === null) return null;
  const all = (each: number | null) => (each === null ? null : Math.round(each * reviews));
  return {
    reviews,
    durationMs: (reviews / perSecond) * 1_000,
    promptTokens: all(promptTokens),
    completionTokens: all(completionTokens),
    basedOn: answered,
  };
}
