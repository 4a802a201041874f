import type { LatencyBlock } from './latency-block.js';

/** A request that is out. */
export interface Sent {
  /** When it was sent, in milliseconds of the host's clock. */
  readonly at: number;
  /** What was in flight then, it included. */
  readonly inFlight: number;
  readonly block: LatencyBlock | undefined;
}

/** The requests that are out, oldest first. */
export class OpenWork {
  private readonly sent: Sent[] = [];
  /** When the latest of those was sent that have been answered. */
  private answeredUpTo = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.sent.length;
  }

  get oldest(): Sent | undefined {
    return this.sent[0];
  }

  add(sent: Sent): void {
    this.sent.push(sent);
  }

  /** Takes out the request that was sent next to `at`: a limiter is told when a request ended and how long it took, not which. */
  take(at: number): Sent | undefined {
    let nearest = 0;
    for (let place = 1; place < this.sent.length; place += 1) {
      if (this.distance(place, at) < this.distance(nearest, at)) nearest = place;
    }
    return this.sent.splice(nearest, 1)[0];
  }

  answered(sent: Sent): void {
    this.answeredUpTo = Math.max(this.answeredUpTo, sent.at);
  }

  /** Number of requests that were sent at `at` or before. */
  sentUntil(at: number): number {
    const place = this.sent.findIndex((sent) => sent.at > at);
    return place < 0 ? this.sent.length : place;
  }

  /** Number of requests that were sent at `at` or before, and before another one that has been answered. */
  overtakenUntil(at: number): number {
    const place = this.sent.findIndex((sent) => sent.at > at || sent.at >= this.answeredUpTo);
    return place < 0 ? this.sent.length : place;
  }

  /** When the first request was sent after `at`; undefined where there is none. */
  firstAfter(at: number): number | undefined {
    return this.sent[this.sentUntil(at)]?.at;
  }

  private distance(place: number, at: number): number {
    return Math.abs((this.sent[place]?.at ?? Number.POSITIVE_INFINITY) - at);
  }
}
