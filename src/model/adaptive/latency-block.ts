/** An answer. Times in milliseconds. */
export interface Answer {
  /** What was in flight when its request was sent, that request included. */
  readonly inFlight: number;
  /** With how many it shared the server, itself included: half-way between that and the average until it came. */
  readonly company: number;
  readonly latencyMs: number;
  readonly queueMs: number | null;
}

/** Requests that were sent under one limit, and what their latencies come to. */
export class LatencyBlock {
  sent = 0;
  ended = 0;
  answered = 0;
  private inFlight = 0;
  private company = 0;
  private latency = 0;
  private squares = 0;
  private queue = 0;
  private queuesTold = 0;

  /** @param wanted number of requests, after which no further one belongs to it */
  constructor(readonly wanted: number) {}

  get isFull(): boolean {
    return this.sent >= this.wanted;
  }

  /** Whether it is full, and nothing of it is out any more. Only then its mean is true: the quick ones come first. */
  get isComplete(): boolean {
    return this.isFull && this.ended >= this.sent;
  }

  add({ inFlight, company, latencyMs, queueMs }: Answer): void {
    this.answered += 1;
    this.inFlight += inFlight;
    this.company += company;
    this.latency += latencyMs;
    this.squares += latencyMs ** 2;
    if (queueMs === null) return;
    this.queue += Math.min(queueMs, latencyMs);
    this.queuesTold += 1;
  }

  get meanInFlight(): number {
    return this.inFlight / this.answered;
  }

  get meanCompany(): number {
    return this.company / this.answered;
  }

  get meanLatencyMs(): number {
    return this.latency / this.answered;
  }

  get meanQueueMs(): number | null {
    return this.queuesTold === 0 ? null : this.queue / this.queuesTold;
  }

  /** Variance of a single latency, in squares of the mean; null of fewer than four, which say nothing. */
  get relativeVariance(): number | null {
    if (this.answered < 4) return null;
    const variance = this.squares / this.answered - this.meanLatencyMs ** 2;
    return (Math.max(0, variance) * this.answered) / (this.answered - 1) / this.meanLatencyMs ** 2;
  }
}
