import { QuantileSketch } from '../foundation/statistics/quantile-sketch.js';
import type { LatencySummary, SpeedupGap } from './summary.js';

/** Waiting below this proportion of the latency cannot be told from the work around an evaluation. */
const noticeable = 0.1;

/** The part of a single request's work that is not an evaluation, by the mean of all: a half to one and a half of it. */
const spread = { least: 0.5, most: 1.5 };

/** Above this proportion of time outside evaluation, it is not known whether any request did not wait. */
const uncertain = 0.23;

/** No server spends a greater part of its work outside evaluation. */
const greatest = 1 / 3;

/** Half of the widest range, as a proportion, for which a value is reported. A reported value is off by a tenth at most. */
const widest = { service: 0.095, waiting: 0.08 };

/** Up to this mean number at once, the server counts as sequential. */
const oneAtOnce = { least: 0.9, most: 1.1 };

/** From this mean number in flight on, a sequential server always had a queue. */
const queued = 2.5;

/** The least number of requests alone at the server that show the time of a single one. */
const enoughAlone = 5;

/** Standard errors on both sides of a mean. */
const sure = 2.5;

/** What is known of a run beside the times of its answers. */
export interface RunTimes {
  readonly durationMs: number;
  readonly workers: number;
  readonly answers: number;
  readonly inFlightMean: number;
}

/** What the answers of a run show about the server's time. */
export interface ServerTimes {
  /** Waiting for a slot; null if it is not known. */
  readonly waiting: LatencySummary | null;
  /** Work for each millisecond of the run; or why that is not known. */
  readonly speedup: number | SpeedupGap;
}

/**
 * Tells waiting in a server's queue from work. A server tells how much of a request's time is not an evaluation: waiting, but
 * also sampling, batching and probabilities, which a request that does not wait takes, too. Between what bounds that is
 * shows the request with the least of it. Values are null if the bounds allow an error of a tenth.
 *
 * Evaluation may take longer the more requests are evaluated at once. So the speedup is known only where there was one
 * after the other, or where enough requests were alone at the server to show how long one takes there.
 */
export class ServerTime {
  private readonly outside = new QuantileSketch();
  /** The least part of a request's time that is not an evaluation. */
  private leastShare = 1;
  private evaluationMs = 0;
  private readonly alone = { count: 0, sum: 0, squares: 0 };
  private untold = 0;

  /**
   * @param latencyMs from sending to the answer, of a review that was asked about once
   * @param outsideMs time outside evaluation; null if the server does not report it
   * @param isAlone whether no other request of the run was out at any moment of it
   */
  add(latencyMs: number, outsideMs: number | null, isAlone: boolean): void {
    if (outsideMs === null || outsideMs >= latencyMs) {
      this.untold += 1;
      return;
    }
    const evaluationMs = latencyMs - outsideMs;
    this.outside.add(outsideMs);
    this.leastShare = Math.min(this.leastShare, outsideMs / latencyMs);
    this.evaluationMs += evaluationMs;
    if (!isAlone) return;
    this.alone.count += 1;
    this.alone.sum += evaluationMs;
    this.alone.squares += evaluationMs ** 2;
  }

  summarize(run: RunTimes): ServerTimes {
    const { count } = this.outside;
    if (count === 0) return { waiting: null, speedup: 'no queue time' };
    const evaluationMs = this.evaluationMs / count;
    const outsideMs = this.outside.mean ?? 0;
    const bounds = this.bounds(outsideMs / (evaluationMs + outsideMs));
    const waiting = this.waiting(evaluationMs, outsideMs, bounds);
    if (this.untold > 0) return { waiting, speedup: 'no queue time' };
    const { low, high } = bounds;
    if (Math.sqrt((1 + high) / (1 + low)) > 1 + widest.service) return { waiting, speedup: 'waiting uncertain' };
    const aroundIt = waiting?.mean === 0 ? 1 + outsideMs / evaluationMs : Math.sqrt((1 + low) * (1 + high));
    return { waiting, speedup: this.speedup(aroundIt, run) };
  }

  /**
   * What a request that does not wait takes besides evaluation, for each unit of it.
   * @param mean part of the time of all requests that is not an evaluation
   */
  private bounds(mean: number): { readonly low: number; readonly high: number } {
    const { leastShare: least } = this;
    const high = Math.min(least / spread.least, mean, greatest);
    const low = least > uncertain ? 0 : Math.min(least / spread.most, high);
    return { low: low / (1 - low), high: high / (1 - high) };
  }

  private waiting(
    evaluationMs: number,
    outsideMs: number,
    { low, high }: { readonly low: number; readonly high: number },
  ): LatencySummary | null {
    const latencyMs = evaluationMs + outsideMs;
    if (((high - low) / 2) * evaluationMs > widest.waiting * latencyMs) return null;
    const base = ((low + high) / 2) * evaluationMs;
    const isNoticeable = outsideMs - base >= noticeable * latencyMs;
    const wait = (ms: number | null) => (isNoticeable && ms !== null ? Math.max(0, ms - base) : 0);
    const { outside } = this;
    return {
      mean: wait(outsideMs),
      p50: wait(outside.quantile(0.5)),
      p95: wait(outside.quantile(0.95)),
      p99: wait(outside.quantile(0.99)),
      max: wait(outside.max),
    };
  }

  /** @param aroundIt work of a request, for each unit of its evaluation */
  private speedup(aroundIt: number, { durationMs, workers, answers, inFlightMean }: RunTimes): number | SpeedupGap {
    const answersPerMs = durationMs > 0 ? answers / durationMs : 0;
    const atOnce = answersPerMs * (this.evaluationMs / this.outside.count) * aroundIt;
    if (workers === 1) return atOnce;
    const isQueued = inFlightMean >= Math.min(queued, 0.9 * workers);
    if (isQueued && atOnce >= oneAtOnce.least && atOnce <= oneAtOnce.most) return atOnce;
    const aloneMs = this.evaluationAlone();
    return aloneMs === null ? 'never alone' : answersPerMs * aloneMs * aroundIt;
  }

  /** Mean evaluation of requests that were alone at the server; null if too few were to know it. */
  private evaluationAlone(): number | null {
    const { count, sum, squares } = this.alone;
    if (count < enoughAlone) return null;
    const mean = sum / count;
    const variance = Math.max(0, squares - count * mean ** 2) / (count - 1);
    return sure * Math.sqrt(variance / count) <= widest.service * mean ? mean : null;
  }
}
