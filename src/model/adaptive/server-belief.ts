import { relativeLatency, type ServerShape } from './server-shape.js';

/** The mean of some latencies that were measured under the same conditions. */
export interface LatencyMean {
  /** Mean number in flight when the requests were sent, each included. */
  readonly inFlight: number;
  /** Mean number with which they shared the server, themselves included. */
  readonly company: number;
  readonly latencyMs: number;
  /** Mean waiting at the server; null where it does not tell. */
  readonly queueMs: number | null;
  /** Number of requests. */
  readonly count: number;
  /** Variance of the mean, in squares of the mean itself. */
  readonly variance: number;
}

/** How a belief took a measurement. */
export interface Reaction {
  /** How far it lay from what the likeliest shape predicts, in standard deviations; positive: slower. */
  readonly surprise: number;
  /** Logarithm of the density that was predicted for it; the better of two beliefs predicts more, in the long run. */
  readonly evidence: number;
}

/** After this many requests old evidence counts 1/e. Slots change seldom; beliefs are replaced when they do. */
const memory = 3_000;
/** Standard deviation of the change of the time that a request takes alone, from one request to the next, relative. */
const drift = 0.002;
/** Variance that no number of requests removes: no server has exactly one of the shapes. */
const modelVariance = 0.0004;
/** Degrees of freedom of the error: less than infinite, so that an outlier decides nothing. */
const freedom = 20;
/** Waiting that is less than this share of the latency is no queue. */
const leastQueueShare = 0.2;
const queueVariance = 0.01;
/** Share of the belief that goes to shapes that explain a surprise: slower than believed, quicker than believed. */
const doubt = { slower: 0.4, quicker: 0.25 };

/**
 * What is believed of a server: how plausible each shape is, given the latencies so far. A histogram filter (S. Thrun,
 * W. Burgard, D. Fox, "Probabilistic Robotics", 2005, chapter 4.1) over the shapes. The time that a request takes alone
 * is not known and may drift with the length of the texts: each shape keeps an estimate of its own, by a Kalman filter
 * (R. E. Kalman, 1960) on the logarithm. Only the change of latency with the number in flight tells shapes apart, never
 * its height.
 */
export class ServerBelief {
  /** Requests that it has learned from. */
  seen = 0;
  /** Logarithms, the largest of which is 0. */
  private readonly plausible: Float64Array;
  /** Logarithm of the time of a request alone, by shape, and the variance that all these estimates share. */
  private readonly alone: Float64Array;
  private variance: number | undefined;

  constructor(
    private readonly shapes: readonly ServerShape[],
    private readonly max: number,
  ) {
    this.plausible = Float64Array.from(shapes, ({ logPrior }) => logPrior);
    this.alone = new Float64Array(shapes.length);
    this.normalize();
  }

  observe(mean: LatencyMean): Reaction {
    this.seen += mean.count;
    // The logarithm of a mean is a little smaller than that of what it estimates.
    const measured = Math.log(mean.latencyMs) + mean.variance / 2;
    if (this.variance === undefined) {
      this.variance = mean.variance;
      this.shapes.forEach((shape, place) => {
        this.alone[place] = measured - logLatency(mean, shape);
      });
      return { surprise: 0, evidence: 0 };
    }
    const reaction = this.compare(measured, mean, this.variance + drift ** 2 * mean.count);
    this.heedQueue(mean);
    this.normalize();
    return reaction;
  }

  private compare(measured: number, mean: LatencyMean, variance: number): Reaction {
    const { plausible, alone } = this;
    const total = variance + mean.variance + modelVariance;
    const gain = variance / total;
    const fading = Math.exp(-mean.count / memory);
    let weights = 0;
    let density = 0;
    let likeliest = Number.NEGATIVE_INFINITY;
    let surprise = 0;
    this.shapes.forEach((shape, place) => {
      const before = plausible[place] ?? 0;
      const error = measured - logLatency(mean, shape) - (alone[place] ?? 0);
      const likelihood = -0.5 * (freedom + 1) * Math.log(1 + error ** 2 / total / freedom);
      weights += Math.exp(before);
      density += Math.exp(before + likelihood);
      if (before > likeliest) {
        likeliest = before;
        surprise = error / Math.sqrt(total);
      }
      plausible[place] = (before - shape.logPrior) * fading + shape.logPrior + likelihood;
      alone[place] = (alone[place] ?? 0) + gain * error;
    });
    this.variance = variance * (1 - gain);
    return { surprise, evidence: Math.log(density / weights) - 0.5 * Math.log(total) };
  }

  /** A queue that the server tells of speaks against shapes with so many slots that there would be less of it. */
  private heedQueue({ inFlight, latencyMs, queueMs, variance }: LatencyMean): void {
    if (queueMs === null || queueMs < leastQueueShare * latencyMs) return;
    const told = Math.log(latencyMs / Math.max(latencyMs - queueMs, 0.01 * latencyMs));
    this.shapes.forEach(({ slots }, place) => {
      const missing = Math.max(0, told - Math.log(Math.max(1, inFlight / slots)));
      this.plausible[place] = (this.plausible[place] ?? 0) - (0.5 * missing ** 2) / (variance + queueVariance);
    });
  }

  /** The smallest number in flight that is enough with this certainty (0…1). */
  enough(certainty: number): number {
    const shares = new Float64Array(this.max + 1);
    let sum = 0;
    this.shapes.forEach(({ enough }, place) => {
      const share = Math.exp(this.plausible[place] ?? 0);
      shares[enough] = (shares[enough] ?? 0) + share;
      sum += share;
    });
    let below = 0;
    for (let number = 1; number < this.max; number += 1) {
      below += shares[number] ?? 0;
      if (below >= certainty * sum) return number;
    }
    return this.max;
  }

  /** After a surprise: either all requests take longer (or less) now, or the slots are fewer (or more). Both are kept in mind. */
  unsettle(slower: boolean): void {
    this.forgetSpeed(1);
    const middle = this.enough(0.5);
    const explains = this.shapes.map(({ enough }) => (slower ? enough < middle : enough > middle));
    const sum = this.plausible.reduce((all, logShare) => all + Math.exp(logShare), 0);
    const open = this.shapes.reduce((all, { logPrior }, place) => all + (explains[place] ? Math.exp(logPrior) : 0), 0);
    const part = open === 0 ? 0 : slower ? doubt.slower : doubt.quicker;
    this.shapes.forEach(({ logPrior }, place) => {
      const kept = ((1 - part) * Math.exp(this.plausible[place] ?? 0)) / sum;
      const given = explains[place] ? (part * Math.exp(logPrior)) / open : 0;
      this.plausible[place] = Math.log(kept + given + 1e-30);
    });
    this.normalize();
  }

  /** Makes the time of a request alone less certain, by this variance. */
  forgetSpeed(variance: number): void {
    if (this.variance !== undefined) this.variance += variance;
  }

  private normalize(): void {
    const most = this.plausible.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    this.plausible.forEach((logShare, place) => {
      this.plausible[place] = logShare - most;
    });
  }
}

function logLatency({ inFlight, company }: LatencyMean, { slots, slowdown }: ServerShape): number {
  return Math.log(relativeLatency(slots, slowdown, inFlight, company));
}
