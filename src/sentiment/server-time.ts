import { QuantileSketch } from '../measurement/index.js';
import type { LatencySummary } from './summary.js';

/** Waiting below this proportion of the latency cannot be told from the work around an evaluation. */
const noticeable = 0.1;

/** Requests that take up to so many times the least one's time outside evaluation did not wait, either. */
const likeLeast = 2;

/**
 * So many requests that did not wait show what is taken besides evaluation. Of fewer, no more is believed than this
 * proportion of the evaluation: with real servers it was a tenth.
 */
const enough = 5;
const usual = 0.1;

/** With so much outside evaluation, every request waited: others use the server all the time. */
const certain = 0.5;

/** With more outside evaluation than this proportion of it, the estimates would be off by more than a tenth. */
const most = { ofMany: 0.15, ofFew: 0.25 };

/** What the answers of a run tell of the server's time. */
export interface ServerTimes {
  /** Waiting for a slot; null where it is not known. */
  readonly waiting: LatencySummary | null;
  /** Mean time for one answer without the waiting, in milliseconds; null where it is not known. */
  readonly serviceMs: number | null;
}

/**
 * Tells waiting in a server's queue from work. A server tells how much of a request's time is no evaluation: waiting, but
 * also sampling, batching and probabilities, which a request that does not wait takes, too. The requests with the least of
 * it did not wait; what they show is taken from all.
 */
export class ServerTime {
  private readonly outside = new QuantileSketch();
  /** Time outside evaluation ÷ time of evaluation. */
  private readonly ratios = new QuantileSketch();
  private leastRatio = Number.POSITIVE_INFINITY;
  private latencyMs = 0;
  private untold = 0;

  /**
   * @param latencyMs from sending to the answer, of a review that was asked about once
   * @param outsideMs time outside evaluation; null where the server does not tell
   */
  add(latencyMs: number, outsideMs: number | null): void {
    if (outsideMs === null || outsideMs >= latencyMs) {
      this.untold += 1;
      return;
    }
    const ratio = outsideMs / (latencyMs - outsideMs);
    this.outside.add(outsideMs);
    this.ratios.add(ratio);
    this.leastRatio = Math.min(this.leastRatio, ratio);
    this.latencyMs += latencyMs;
  }

  summarize(): ServerTimes {
    const { outside, untold } = this;
    if (outside.count === 0) return { waiting: null, serviceMs: null };
    const latencyMs = this.latencyMs / outside.count;
    const outsideMs = outside.mean ?? 0;
    const ratio = this.unqueuedRatio();
    if (ratio === null) return { waiting: null, serviceMs: null };
    const base = ratio * (latencyMs - outsideMs);
    const meanWaitMs = Math.max(0, outsideMs - base);
    const isNoticeable = meanWaitMs >= noticeable * latencyMs;
    const wait = (ms: number | null) => (isNoticeable && ms !== null ? Math.max(0, ms - base) : 0);
    const waiting = {
      mean: isNoticeable ? meanWaitMs : 0,
      p50: wait(outside.quantile(0.5)),
      p95: wait(outside.quantile(0.95)),
      p99: wait(outside.quantile(0.99)),
      max: wait(outside.max),
    };
    return { waiting, serviceMs: untold > 0 ? null : latencyMs - waiting.mean };
  }

  /**
   * What requests that did not wait take besides evaluation, for each unit of it: the mean of those that are like the least
   * one. Null where that is so much that waiting cannot be told from it.
   */
  private unqueuedRatio(): number | null {
    const { count, mean } = this.ratios.upTo(likeLeast * this.leastRatio) ?? { count: 1, mean: this.leastRatio };
    if (mean > certain) return usual;
    if (mean > (count >= enough ? most.ofMany : most.ofFew)) return null;
    return count >= enough ? mean : Math.min(mean, usual);
  }
}
