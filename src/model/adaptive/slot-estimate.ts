/** Older answers fade: this many count, or this many for each request in flight where that is more. */
const memory = { answers: 300, perRequest: 30 };
/** Least relative variance of a latency: less would trust a coincidence. */
const leastVariance = 0.02;
/** Latencies have changed when the mean of the last ones is so far from the expected one: relative, and in standard errors. */
const change = { answers: 16, share: 0.15, errors: 5 };

/** The answers to requests that were sent with the same number in flight; means fade with their weight. */
interface LoadMean {
  weight: number;
  latencyMs: number;
  company: number;
}

/**
 * How many requests a server works on at once, estimated from how latency grows with the number in flight: with n in
 * flight and s slots a request takes service time × max(1, n ÷ s), by Little's law (J. D. C. Little, 1961), whether the
 * server reports its queue or not. Each s has a probability: least squares over the logarithms of mean latencies, with
 * the prior 1 ÷ s. One more hypothesis, counted as one slot, is a processor that all requests share: latency grows with
 * the mean number in flight while the request was out.
 */
export class SlotEstimate {
  private readonly loads = new Map<number, LoadMean>();
  /** By slots; 0 is the shared processor. */
  private readonly probabilities: Float64Array;
  /** The likeliest number of slots. */
  slots = 1;
  /** Time of a request that does not wait, in milliseconds; 0 before the first fit. */
  serviceMs = 0;
  /** The largest load so far. */
  private most = 0;
  private variance = 0.25;
  private drift = { mean: 0, answers: 0 };

  constructor(private readonly mostSlots: number) {
    this.probabilities = new Float64Array(mostSlots + 1);
    this.fit();
  }

  /**
   * @param load what was in flight when the request was sent, the request included
   * @param company mean number in flight until the answer came
   */
  add(load: number, company: number, latencyMs: number): void {
    this.noteDrift(load, latencyMs);
    this.most = Math.max(this.most, load);
    const kept = 1 - 1 / Math.max(memory.answers, memory.perRequest * load);
    for (const each of this.loads.values()) each.weight *= kept;
    const mean = this.loads.get(load) ?? { weight: 0, latencyMs, company };
    this.loads.set(load, mean);
    mean.weight += 1;
    if (mean.weight > 1) this.variance += (Math.min(4, (latencyMs / mean.latencyMs - 1) ** 2) - this.variance) / 60;
    mean.latencyMs += (latencyMs - mean.latencyMs) / mean.weight;
    mean.company += (company - mean.company) / mean.weight;
  }

  /** Whether no request had to wait so far: there may be more slots. */
  get isOpen(): boolean {
    return this.slots >= this.most;
  }

  /** By which factor latencies have changed since the last fit; undefined if the difference may be a coincidence. */
  get changedBy(): number | undefined {
    const { mean, answers } = this.drift;
    const error = Math.sqrt(this.variance / change.answers);
    if (answers < change.answers || Math.abs(mean) < Math.max(change.share, change.errors * error)) return undefined;
    return Math.max(0.1, 1 + mean);
  }

  /** Keeps this share of what was learned. */
  fade(share: number): void {
    for (const each of this.loads.values()) each.weight *= share;
    this.drift = { mean: 0, answers: 0 };
    if (share === 0) this.serviceMs = 0;
    if (share === 0) this.loads.clear();
  }

  fit(): void {
    const points = [...this.loads].map(([load, { weight, latencyMs, company }]) => ({
      weight,
      load: Math.log(load),
      company: Math.log(company),
      latency: Math.log(latencyMs),
    }));
    const total = points.reduce((sum, { weight }) => sum + weight, 0);
    let least = Number.POSITIVE_INFINITY;
    for (let slots = 0; slots <= this.mostSlots; slots += 1) {
      const logSlots = Math.log(Math.max(1, slots));
      let sum = 0;
      let squares = 0;
      for (const { weight, load, company, latency } of points) {
        const service = latency - (slots === 0 ? company : Math.max(0, load - logSlots));
        sum += weight * service;
        squares += weight * service ** 2;
      }
      const error = total === 0 ? 0 : squares - sum ** 2 / total;
      const cost = error / (2 * Math.max(leastVariance, this.variance)) + logSlots;
      this.probabilities[slots] = cost;
      if (cost >= least) continue;
      least = cost;
      this.slots = Math.max(1, slots);
      if (total > 0) this.serviceMs = Math.exp(sum / total);
    }
    const weights = this.probabilities.map((cost) => Math.exp(least - cost));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    this.probabilities.set(weights.map((weight) => weight / all));
  }

  /** The smallest number of slots that the server does not exceed with this certainty (0…1). */
  atMost(certainty: number): number {
    let sum = this.probabilities[0] ?? 0;
    for (let slots = 1; slots < this.mostSlots; slots += 1) {
      sum += this.probabilities[slots] ?? 0;
      if (sum >= certainty) return slots;
    }
    return this.mostSlots;
  }

  private noteDrift(load: number, latencyMs: number): void {
    if (this.serviceMs === 0) return;
    const expected = this.serviceMs * Math.max(1, load / this.slots);
    this.drift.answers += 1;
    const window = Math.min(change.answers, this.drift.answers);
    this.drift.mean += (latencyMs / expected - 1 - this.drift.mean) / window;
  }
}
