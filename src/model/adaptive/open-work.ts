import type { LatencyBlock } from './latency-block.js';

/** A request that is out. */
export interface Sent {
  /** When it was sent, in milliseconds of the host's clock. */
  readonly at: number;
  /** What was in flight then and counts, it included. */
  readonly inFlight: number;
  readonly block: LatencyBlock | undefined;
}

interface Open extends Sent {
  /** The integral of what was in flight over all time before it was sent, in milliseconds. */
  readonly before: number;
}

/** The requests that are out, oldest first. */
export class OpenWork {
  private readonly open: Open[] = [];
  /** When the latest of those was sent that have been answered. */
  private answeredUpTo = Number.NEGATIVE_INFINITY;
  /** The integral of what is in flight, up to a time. */
  private integral = 0;
  private integratedTo = 0;

  get size(): number {
    return this.open.length;
  }

  get oldest(): Sent | undefined {
    return this.open[0];
  }

  add(sent: Sent): void {
    this.integrate(sent.at);
    this.open.push({ ...sent, before: this.integral });
  }

  /**
   * Takes out the request that was sent next to `at`: a limiter is told when one ended and how long it took, not which.
   * @param now when it ended
   * @returns also how much was in flight on average while it was out
   */
  take(at: number, now: number): { readonly sent: Sent; readonly meanInFlight: number } | undefined {
    this.integrate(now);
    let nearest = 0;
    for (let place = 1; place < this.open.length; place += 1) {
      if (this.distance(place, at) < this.distance(nearest, at)) nearest = place;
    }
    const [sent] = this.open.splice(nearest, 1);
    if (!sent) return undefined;
    const tookMs = now - sent.at;
    return { sent, meanInFlight: tookMs > 0 ? (this.integral - sent.before) / tookMs : sent.inFlight };
  }

  answered(sent: Sent): void {
    this.answeredUpTo = Math.max(this.answeredUpTo, sent.at);
  }

  /** Number of requests that were sent at `at` or before. */
  sentUntil(at: number): number {
    return this.countUntil((sent) => sent.at > at);
  }

  /** Number of requests that were sent at `at` or before, and before another one that has been answered. */
  overtakenUntil(at: number): number {
    return this.countUntil((sent) => sent.at > at || sent.at >= this.answeredUpTo);
  }

  /** When the first request was sent after `at`; undefined where there is none. */
  firstAfter(at: number): number | undefined {
    return this.open[this.sentUntil(at)]?.at;
  }

  private countUntil(isLater: (sent: Sent) => boolean): number {
    const place = this.open.findIndex(isLater);
    return place < 0 ? this.open.length : place;
  }

  private distance(place: number, at: number): number {
    return Math.abs((this.open[place]?.at ?? Number.POSITIVE_INFINITY) - at);
  }

  private integrate(now: number): void {
    this.integral += this.open.length * (now - this.integratedTo);
    this.integratedTo = now;
  }
}
