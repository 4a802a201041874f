import { blockIntervals } from '../../foundation/statistics/block-bootstrap.js';
import type { Interval } from '../../foundation/statistics/proportions.js';
import { type QuantileSketch, weightedQuantile } from '../../foundation/statistics/quantile-sketch.js';
import type { BlockEffort, Effort } from './effort.js';

export interface LatencyMetrics {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface UnknownInterval {
  readonly lower: null;
  readonly upper: null;
}

/** How sure the speed is. Variants take turns in blocks; the intervals are those of a bootstrap over the blocks. */
export interface SpeedMetrics {
  /** Blocks with an answered request. */
  readonly blocks: number;
  /** Interval of `reviews_per_second`; null with fewer than five blocks. */
  readonly reviews_per_second: Interval | UnknownInterval;
  /** Interval of the median latency; null with fewer than five blocks. */
  readonly latency_p50: Interval | UnknownInterval;
  readonly stalls: StallMetrics;
  /** The metrics without stalled requests, and without the time of the gaps beyond a median latency. */
  readonly without_stalls: { readonly reviews_per_second: number | null; readonly latency_ms: LatencyMetrics };
}

/** Requests and gaps that are longer than five median latencies. */
export interface StallMetrics {
  readonly requests: number;
  /** Times in which no request of a block ended. */
  readonly gaps: number;
  /** Of the gaps, each beyond a median latency. */
  readonly ms: number;
  /** Five median latencies, at least 100 ms; null without a request. */
  readonly longer_than_ms: number | null;
}

interface SpeedOptions {
  readonly confidence: number;
  readonly resamples: number;
  readonly seed: number;
}

/** Latency and rate of the answered requests, and their intervals over the blocks. */
export function speedOf(
  { total, blocks, gaps }: Effort,
  options: SpeedOptions,
): { latency_ms: LatencyMetrics; reviews_per_second: number | null; speed: SpeedMetrics } {
  const { latency, requests, requestMs } = total;
  const [rate, median] = intervalsOf(blocks, options);
  const { stalls, without } = stallsOf(total, gaps);
  return {
    latency_ms: { mean: latency.mean, p50: latency.quantile(0.5), p95: latency.quantile(0.95) },
    reviews_per_second: perSecond(requests, requestMs),
    speed: { blocks: blocks.length, reviews_per_second: rate, latency_p50: median, stalls, without_stalls: without },
  };
}

const unknown: UnknownInterval = { lower: null, upper: null };

function intervalsOf(
  blocks: readonly BlockEffort[],
  options: SpeedOptions,
): readonly [rate: Interval | UnknownInterval, median: Interval | UnknownInterval] {
  const rate = (weights: Uint32Array) => {
    let [requests, ms] = [0, 0];
    for (const [index, block] of blocks.entries()) {
      const weight = weights[index] ?? 0;
      requests += weight * block.requests;
      ms += weight * block.requestMs;
    }
    return perSecond(requests, ms) ?? 0;
  };
  const median = weightedQuantile(
    blocks.map(({ latency }) => latency),
    0.5,
  );
  const [ofRate = unknown, ofMedian = unknown] = blockIntervals(blocks.length, [rate, median], options) ?? [];
  return [ofRate, ofMedian];
}

function perSecond(requests: number, ms: number): number | null {
  return requests > 0 && ms > 0 ? (requests / ms) * 1_000 : null;
}

/** A request, or a time in which none ends, is a stall from so many median latencies on. */
const stallFactor = 5;

/** Shorter times may be those of this process, such as a garbage collection. */
const shortestStallMs = 100;

interface MeasuredSpeed {
  readonly name: string;
  readonly reviews_per_second: number | null;
  readonly speed: SpeedMetrics;
}

/** Names a variant whose requests stalled, with its rate without the stalls. */
export function stallWarnings({ name, speed, reviews_per_second: rate }: MeasuredSpeed): readonly string[] {
  const { stalls, without_stalls: without } = speed;
  const { requests, gaps, ms, longer_than_ms: bound } = stalls;
  if (bound === null || requests + gaps === 0) return [];
  const counted = [
    ...(requests > 0 ? [`${requests} ${requests === 1 ? 'request' : 'requests'}`] : []),
    ...(gaps > 0 ? [`${gaps} ${gaps === 1 ? 'pause' : 'pauses'} without an answer (${seconds(ms)} in all)`] : []),
  ].join(' and ');
  const isSlower = rate !== null && without.reviews_per_second !== null && gaps > 0;
  const rates = isSlower
    ? `: ${rate.toFixed(2)} reviews per second, without the stalls ${without.reviews_per_second.toFixed(2)}`
    : '';
  return [`${name} stalled: ${counted} longer than ${seconds(bound)}, five times the median latency${rates}`];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function stallsOf(
  { latency, requests, requestMs }: BlockEffort,
  gaps: QuantileSketch,
): { readonly stalls: StallMetrics; readonly without: SpeedMetrics['without_stalls'] } {
  const median = latency.quantile(0.5);
  if (median === null) {
    const nothing = { mean: null, p50: null, p95: null };
    return {
      stalls: { requests: 0, gaps: 0, ms: 0, longer_than_ms: null },
      without: { reviews_per_second: null, latency_ms: nothing },
    };
  }
  const bound = Math.max(shortestStallMs, stallFactor * median);
  const long = gaps.above(bound);
  // The time in which a request of the usual length would have ended is no part of the stall.
  const stalledMs = Math.max(0, long.sum - long.count * median);
  const usual = latency.upTo(bound);
  const share = (usual?.count ?? 0) / latency.count;
  return {
    stalls: {
      requests: latency.above(bound).count,
      gaps: long.count,
      ms: stalledMs,
      longer_than_ms: bound,
    },
    without: {
      reviews_per_second: perSecond(requests, requestMs - stalledMs),
      latency_ms: {
        mean: usual?.mean ?? null,
        p50: latency.quantile(0.5 * share),
        p95: latency.quantile(0.95 * share),
      },
    },
  };
}
