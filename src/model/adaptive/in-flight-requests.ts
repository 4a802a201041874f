import type { Runtime } from '../../foundation/runtime.js';

/** A request is probably lost when it is out this many times as long as usual, and this many milliseconds. */
const patience = { times: 20, leastMs: 1_000 };
/** The greatest latency that counts, relative to the usual one. */
const mostLatency = 6;

/** A request that is out. */
export interface InFlightRequest {
  /** When it was sent, in milliseconds of the clock. */
  readonly at: number;
  /** What was in flight then and not lost, the request included. */
  readonly load: number;
  /** As many were in flight as allowed. */
  readonly isFull: boolean;
  /** The integral of the load over all time before. */
  readonly loadBefore: number;
}

/** A request that came back, with the mean load while it was out. */
export interface EndedRequest {
  readonly sent: InFlightRequest;
  readonly meanLoad: number;
}

/**
 * The requests that are out, oldest first. Those that hang are counted as lost once others have overtaken them, so that
 * their places are used; where nothing comes back at all, one is.
 */
export class InFlightRequests {
  /** Requests that are out and not counted. */
  lost = 0;
  /** Why `lost` has changed, in words. */
  reason = '';
  private readonly open: InFlightRequest[] = [];
  private answeredUpTo = Number.NEGATIVE_INFINITY;
  private usualMs = 0;
  private integral = 0;
  private integratedTo = 0;
  private stopTimer: (() => void) | undefined;

  /** @param onLost called when `lost` has changed while nothing was sent or came back */
  constructor(
    private readonly runtime: Runtime,
    private readonly onLost: () => void,
  ) {}

  get size(): number {
    return this.open.length;
  }

  /** @param limit what may be in flight, lost requests aside */
  add(limit: number): void {
    this.integrate();
    const load = this.load + 1;
    const isFull = load >= limit;
    this.open.push({ at: this.runtime.now(), load, isFull, loadBefore: this.integral });
    this.watch();
  }

  /**
   * Takes out the request that was sent nearest to a time: a limiter learns how long a request took, not which one ended.
   */
  take(sentAt: number): EndedRequest | undefined {
    this.integrate();
    const distances = this.open.map(({ at }) => Math.abs(at - sentAt));
    const [sent] = this.open.splice(distances.indexOf(Math.min(...distances)), 1);
    if (!sent) return undefined;
    if (this.open.length === 0) {
      this.stopTimer?.();
      this.stopTimer = undefined;
    }
    if (this.lost > 0) this.recount();
    const tookMs = this.runtime.now() - sent.at;
    return { sent, meanLoad: tookMs > 0 ? (this.integral - sent.loadBefore) / tookMs : sent.load };
  }

  /** @returns the latency, bounded by what is usual */
  answered(sent: InFlightRequest, latencyMs: number): number {
    this.answeredUpTo = Math.max(this.answeredUpTo, sent.at);
    const usualMs = this.usualMs || latencyMs;
    const boundedMs = Math.min(latencyMs, mostLatency * usualMs);
    this.usualMs = usualMs + 0.1 * (boundedMs - usualMs);
    return boundedMs;
  }

  private get load(): number {
    return Math.max(0, this.open.length - this.lost);
  }

  private get lateMs(): number {
    return Math.max(patience.leastMs, patience.times * this.usualMs);
  }

  private integrate(): void {
    const now = this.runtime.now();
    this.integral += this.load * (now - this.integratedTo);
    this.integratedTo = now;
  }

  private watch(): void {
    const next = this.open.find(({ at }) => at > this.runtime.now() - this.lateMs);
    if (this.stopTimer || this.usualMs === 0 || !next) return;
    const delayMs = Math.max(patience.leastMs / 10, next.at + this.lateMs - this.runtime.now());
    this.stopTimer = this.runtime.setTimer(delayMs, () => {
      this.stopTimer = undefined;
      this.recount();
      this.watch();
      this.onLost();
    });
  }

  private recount(): void {
    const now = this.runtime.now();
    const late = this.open.filter(({ at }) => at <= now - this.lateMs);
    const overtaken = late.filter(({ at }) => at < this.answeredUpTo).length;
    const lost = overtaken + (late.length > overtaken ? 1 : 0);
    if (lost === this.lost) return;
    const seconds = Math.round((now - (late[0]?.at ?? now)) / 1_000);
    this.reason =
      lost < this.lost
        ? 'a request that was taken for lost has come back'
        : `no answer to a request for ${seconds} s: the request is not counted`;
    this.integrate();
    this.lost = lost;
  }
}
