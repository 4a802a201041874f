import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { guard } from '../../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { LimitChange, Limiter, LimiterSample } from '../../orchestration/parallel/limiter.js';
import { type EndedRequest, InFlightRequests } from './in-flight-requests.js';
import { RejectionCeiling } from './rejection-ceiling.js';
import { SlotEstimate } from './slot-estimate.js';

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

const limitOptions: OptionNames<AdaptiveLimitOptions> = { initial: true, min: true, max: true, runtime: true };

/** The slow start ends when the server has, with this certainty, fewer slots than this share of the limit. */
const slowStart = { certainty: 0.8, share: 0.8, kept: 0.3 };
/** More slots than `max` look the same from outside. */
const slotReach = 1.3;
/** The smallest latency that counts, in milliseconds: clocks are not finer, and a logarithm needs a positive number. */
const leastMs = 0.001;
/** The limit in turn, in terms of the goal: only different numbers in flight show how latency depends on them. */
const probes = [1, 0.8, 1, 1.15];
/** Requests that are sent under one limit. */
const dwell = { least: 6, share: 0.7 };

/**
 * Makes a limiter that finds the smallest number in flight with which a server does the most: from there on throughput
 * stops growing, and latency grows in proportion (Little's law). The search begins with a slow start, which doubles the
 * limit until latency says that it is too much (V. Jacobson, "Congestion Avoidance and Control", 1988). Then the limit
 * moves a little below and above its goal in turn, and the number of slots is estimated from the latencies; when those
 * change at once, the search starts again. Queue times are not needed, and used where the server reports them.
 *
 * The first answers count for nothing: a model may have been loaded for them. While less than the limit is in flight,
 * nothing is learned, and nothing changes.
 *
 * @throws InvalidOptionError
 *
 * @example
 * const limiter = createAdaptiveLimit({ max: 64, runtime: nodeRuntime });
 * limiter.onChange(({ from, to, reason }) => console.log(`${from} → ${to}: ${reason}`));
 * const pool = createPool({ upstreams: [{ server, model, limiter }] });
 */
export function createAdaptiveLimit(options: AdaptiveLimitOptions): Limiter {
  requireKnown('createAdaptiveLimit', options, limitOptions);
  const { max, min = 1, runtime } = options;
  requireWhole('max', max, 1, Number.MAX_SAFE_INTEGER);
  requireWhole('min', min, 1, max);
  const { initial = Math.max(min, Math.min(4, max)) } = options;
  requireWhole('initial', initial, min, max);
  return new AdaptiveLimit(initial, min, max, runtime);
}

function requireWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new InvalidOptionError(option, `a whole number ${range}`, value);
}

class AdaptiveLimit implements Limiter {
  private readonly open: InFlightRequests;
  private readonly rejections = new RejectionCeiling();
  private readonly estimate: SlotEstimate;
  private readonly listeners = new Set<(change: LimitChange) => void>();
  /** When the first answer came. What was sent before may have waited for a model to be loaded. */
  private warmSince = Number.POSITIVE_INFINITY;
  private waitingMs = 0;
  /** The number in flight that is taken to be enough, rejections aside. */
  private goal: number;
  /** The limit, lost requests aside. */
  private counted: number;
  private reported: number;
  private reason: string | undefined;
  private isSlowStart = true;
  private learned = 0;
  /** Answers of the slow start that have not raised the limit yet. */
  private credit = 0;
  /** Place in `probes`, and how many more requests are sent at it. */
  private probe = 0;
  private left = 0;

  constructor(
    initial: number,
    private readonly min: number,
    private readonly max: number,
    private readonly runtime: Runtime,
  ) {
    this.goal = initial;
    this.counted = initial;
    this.reported = initial;
    this.estimate = new SlotEstimate(Math.ceil(max * slotReach));
    this.open = new InFlightRequests(runtime, () => this.report());
  }

  get limit(): number {
    return Math.min(this.max, this.counted + this.open.lost);
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
    this.open.add(this.counted);
    this.left -= 1;
  }

  finish(sample: LimiterSample): void {
    const now = this.runtime.now();
    const wasFull = this.inFlight >= this.limit;
    const ended = this.open.take(now - sample.latencyMs);
    if (!ended) return;
    if (sample.outcome === 'overloaded') this.backOff(ended.sent.at, now);
    if (sample.outcome === 'ok') {
      const latencyMs = this.open.answered(ended.sent, sample.latencyMs);
      const isWarm = ended.sent.at >= this.warmSince;
      this.warmSince = Math.min(this.warmSince, now);
      if (isWarm && ended.sent.isFull) this.learn(ended, Math.max(leastMs, latencyMs), sample.queueMs);
      if (this.rejections.succeeded(this.goal)) this.moveTo(this.goal, 'rejected a while ago: one more is tried again');
      if (this.isSlowStart && wasFull) this.speedUp();
    }
    if (!this.isSlowStart && this.left <= 0) this.nextProbe();
    this.report();
  }

  private backOff(sentAt: number, now: number): void {
    this.rejections.rejected(sentAt, now, this.inFlight, this.counted);
    if (this.isSlowStart) this.endSlowStart();
    this.moveTo(this.counted, `the server rejected a request with ${this.inFlight + 1} in flight`);
  }

  private learn({ sent, meanLoad }: EndedRequest, latencyMs: number, queueMs: number | null): void {
    this.estimate.add(sent.load, Math.max(1, meanLoad), latencyMs);
    this.waitingMs += ((queueMs ?? 0) - this.waitingMs) / 8;
    // Without its queue time a request takes as long as one that is alone.
    if (queueMs !== null) this.estimate.add(1, 1, Math.max(latencyMs - queueMs, latencyMs / 100));
    this.learned += 1;
    if (this.isSlowStart) this.learnInSlowStart();
    else if (this.estimate.changedBy !== undefined) this.startAgain(this.estimate.changedBy);
    else if (this.learned % 4 === 0) this.follow();
  }

  private learnInSlowStart(): void {
    if (this.learned % Math.max(4, Math.round(this.counted / 4)) !== 0) return;
    this.estimate.fit();
    const isEnough = this.estimate.atMost(slowStart.certainty) < slowStart.share * this.counted;
    if (isEnough || this.counted >= this.level(this.max)) this.endSlowStart();
  }

  /** One more for each answer is twice as many for each round. */
  private speedUp(): void {
    this.credit += 1;
    const step = Math.ceil(this.counted / 8);
    if (this.credit < step) return;
    this.credit = 0;
    this.moveTo(this.counted + step, 'slow start: nothing says yet that fewer would do');
  }

  private endSlowStart(): void {
    this.isSlowStart = false;
    // The quick answers came first, and the number in flight grew meanwhile.
    this.estimate.fade(slowStart.kept);
    this.estimate.fit();
    this.goal = this.likelyGoal();
    this.nextProbe();
  }

  private startAgain(factor: number): void {
    this.estimate.fade(0);
    this.isSlowStart = true;
    this.learned = 0;
    this.credit = 0;
    this.goal = Math.ceil(this.goal / Math.max(1, factor));
    this.moveTo(this.goal, `latency has changed by a factor of ${factor.toFixed(1)}: the search starts again`);
  }

  private follow(): void {
    this.estimate.fit();
    this.goal = Math.min(this.likelyGoal(), Math.max(this.goal + 1, Math.round(this.goal * 1.2)));
    if (probes[this.probe] === 1) this.moveTo(this.goal, this.explain());
  }

  private explain(): string {
    const enough = `about ${this.level(this.goal)} are enough`;
    if (this.goal > this.counted) return `latency grows less than what is in flight: ${enough}`;
    const waiting = this.waitingMs >= 1 ? `, requests wait ${Math.round(this.waitingMs)} ms at the server` : '';
    return `latency grows as much as what is in flight${waiting}: ${enough}`;
  }

  /** A little more than the slots, so that none is idle while an answer travels. */
  private likelyGoal(): number {
    return 1 + Math.min(Math.round(1.15 * this.estimate.atMost(0.7)), Math.round(1.3 * this.estimate.atMost(0.5)));
  }

  private nextProbe(): void {
    this.probe = (this.probe + 1) % probes.length;
    const share = probes[this.probe] ?? 1;
    const goal = this.level(this.goal);
    this.left = Math.max(dwell.least, Math.round(dwell.share * goal));
    if (share < 1 && goal === this.goal) this.moveTo(Math.floor(share * goal), 'probe: do fewer do as much?');
    else if (share > 1) this.moveTo(Math.max(goal + 1, Math.round(share * goal)), 'probe: do more do more?');
    else this.moveTo(goal, 'the probe is over');
  }

  private level(limit: number): number {
    return Math.max(this.min, Math.min(limit, this.max, this.rejections.value));
  }

  private moveTo(limit: number, reason: string): void {
    const level = this.level(limit);
    if (level === this.counted) return;
    this.counted = level;
    this.reason = reason;
  }

  private report(): void {
    const { reported: from, limit: to } = this;
    const reason = this.reason ?? this.open.reason;
    this.reason = undefined;
    if (from === to) return;
    this.reported = to;
    for (const listener of this.listeners) listener({ from, to, reason });
  }
}
