import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { guard } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { LimitChange, Limiter, LimiterSample } from '../../orchestration/parallel/limiter.js';
import { LimitSearch } from './limit-search.js';
import { LostWork } from './lost-work.js';
import { OpenWork, type Sent } from './open-work.js';

/** Options of `createAdaptiveLimit`. */
export interface AdaptiveLimitOptions {
  /** The limit at the beginning. @default 4, or what of it lies between `min` and `max` */
  readonly initial?: number | undefined;
  /** The limit never goes below. @default 1 */
  readonly min?: number | undefined;
  /** The limit never goes above. */
  readonly max: number;
  /** Clock and timers. */
  readonly runtime: Runtime;
}

/** A latency counts at most this many times as much as usual. */
const mostLatency = 6;
/** A latency counts at least so many milliseconds: clocks are no finer, and its logarithm is needed. */
const leastMs = 0.001;

/**
 * Makes a limiter that finds the smallest number in flight with which a server does the most: throughput stops growing
 * there, and latency begins to grow in proportion (Little's law). It begins with a slow start, which doubles the limit
 * until latency says that it is too much (V. Jacobson, "Congestion Avoidance and Control", 1988). Then it sends short
 * blocks of requests with a few less and a few more in flight, and compares their latencies with those between them, as
 * TCP Vegas (L. Brakmo, L. Peterson, 1995) and the gradient limits of Netflix ("Performance Under Load", 2018) compare
 * with the smallest latency; but against a neighbour in time, so that a data set whose texts get longer is not taken for
 * a server that gets slower. It needs no queue times, uses those that it is told, and backs off where it is refused.
 *
 * The first answers count for nothing: a model may have been loaded for them. While less than the limit is in flight,
 * nothing is learned, and nothing changes.
 *
 * @throws InvalidOptionError
 *
 * @example
 * const limiter = createAdaptiveLimit({ max: 64, runtime: nodeRuntime });
 * limiter.onChange(({ from, to, reason }) => console.log(`${from} → ${to}: ${reason}`));
 * const pool = createPool({ members: [{ server, model, limiter }] });
 */
export function createAdaptiveLimit(options: AdaptiveLimitOptions): Limiter {
  const { max, min = 1, runtime } = options;
  requireWhole('max', max, 1, Number.MAX_SAFE_INTEGER);
  requireWhole('min', min, 1, max);
  const { initial = Math.max(min, Math.min(4, max)) } = options;
  requireWhole('initial', initial, min, max);
  return new AdaptiveLimit(new LimitSearch(initial, min, max), max, runtime);
}

function requireWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new InvalidOptionError(option, `a whole number ${range}`, value);
}

/** Watches what goes out and comes back; how many may be in flight is found by the search. */
class AdaptiveLimit implements Limiter {
  /** When the first answer came. What was sent before may have waited for a model to be loaded. */
  private warmSince = Number.POSITIVE_INFINITY;
  private usualMs: number | undefined;
  private announced: number;
  private readonly open = new OpenWork();
  private readonly lost: LostWork;
  private readonly listeners = new Set<(change: LimitChange) => void>();

  constructor(
    private readonly search: LimitSearch,
    private readonly max: number,
    private readonly runtime: Runtime,
  ) {
    this.announced = search.limit;
    this.lost = new LostWork(this.open, runtime, () => this.announce());
  }

  get limit(): number {
    return Math.min(this.max, this.search.limit + this.lost.count);
  }

  get inFlight(): number {
    return this.open.size;
  }

  onChange(listener: (change: LimitChange) => void): () => void {
    const guarded = guard(listener, 'a listener to changes of a limit');
    this.listeners.add(guarded);
    return () => void this.listeners.delete(guarded);
  }

  start(): void {
    const inFlight = Math.max(1, this.inFlight + 1 - this.lost.count);
    this.open.add({ at: this.runtime.now(), inFlight, block: this.search.join(inFlight) });
    this.lost.watch(this.usualMs);
  }

  finish(sample: LimiterSample): void {
    const now = this.runtime.now();
    const { inFlight } = this;
    const ended = this.open.take(now - sample.latencyMs, now);
    if (!ended) return;
    const { sent, meanInFlight } = ended;
    this.search.goOn();
    if (sample.outcome === 'overloaded') this.search.refused({ sentAt: sent.at, refusedAt: now, inFlight });
    if (sample.outcome === 'ok') {
      this.open.answered(sent);
      this.measure(sent, sample, now, meanInFlight);
      this.search.succeeded(inFlight >= this.limit);
    }
    this.search.ended(sent.block);
    this.lost.recount(this.usualMs);
    this.announce();
  }

  private measure(sent: Sent, sample: LimiterSample, now: number, meanInFlight: number): void {
    const isWarm = sent.at >= this.warmSince;
    this.warmSince = Math.min(this.warmSince, now);
    if (!isWarm || !Number.isFinite(sample.latencyMs)) return;
    const measuredMs = Math.max(leastMs, sample.latencyMs);
    const usualMs = this.usualMs ?? measuredMs;
    const latencyMs = Math.min(measuredMs, mostLatency * usualMs);
    this.usualMs = usualMs + 0.1 * (latencyMs - usualMs);
    const company = Math.max(1, (sent.inFlight + meanInFlight) / 2);
    const queueMs = Number.isFinite(sample.queueMs) ? sample.queueMs : null;
    this.search.measured(sent.block, { inFlight: sent.inFlight, company, latencyMs, queueMs });
  }

  private announce(): void {
    const { announced: from, limit: to } = this;
    const reason = this.search.takeReason() ?? this.lost.reason;
    if (from === to) return;
    this.announced = to;
    for (const listener of this.listeners) listener({ from, to, reason });
  }
}
