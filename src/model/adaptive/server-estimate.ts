import type { LatencyBlock } from './latency-block.js';
import { type LatencyMean, ServerBelief } from './server-belief.js';
import { createShapes, type ServerShape } from './server-shape.js';

/** Standard deviations from which a measurement means that something has changed. */
const startling = 3.5;
/** The rival takes over when its predictions were better by this much, as a logarithm: about seven times likelier. */
const victory = 2;
/** The least relative variance of service times: less would be trust in a coincidence. */
const leastVariance = 0.01;
const mostVariance = 2;
const mostScale = 8;
/** The slots may be as few as this share of the belief says: the fewer, the more each latency owes to the queue. */
const cautious = 0.2;

/**
 * What is known of a server that may change: a belief, and a rival that knows nothing of what was before it. The rival
 * takes over when it predicts better, which it does only after a change; it is replaced now and then.
 */
export class ServerEstimate {
  private belief: ServerBelief;
  private rival: ServerBelief | undefined;
  private lead = 0;
  /** Relative variance of the time of a single request. */
  private serviceVariance = 0.25;
  /** How much more the means scatter than single latencies would let them. */
  private scale = 1;
  private readonly shapes: readonly ServerShape[];

  constructor(private readonly max: number) {
    this.shapes = createShapes(max);
    this.belief = new ServerBelief(this.shapes, max);
  }

  /** The smallest number in flight that is enough with this certainty (0…1). */
  enough(certainty: number): number {
    return this.belief.enough(certainty);
  }

  /** Makes the height of the latencies less certain, as after a change of how they are measured. */
  forgetSpeed(variance: number): void {
    this.belief.forgetSpeed(variance);
  }

  /** @param rivalAge requests after which a rival is replaced; 0 for none */
  learn(block: LatencyBlock, rivalAge: number): void {
    const mean = {
      inFlight: block.meanInFlight,
      company: block.meanCompany,
      latencyMs: block.meanLatencyMs,
      queueMs: block.meanQueueMs,
      count: block.answered,
      variance: (this.scale * this.varianceOf(block)) / block.answered,
    };
    const { surprise, evidence } = this.belief.observe(mean);
    this.scale = Math.max(1, Math.min(mostScale, this.scale * (0.9 + 0.1 * Math.min(9, surprise ** 2))));
    this.compareWithRival(mean, evidence);
    if (this.rival && Math.abs(surprise) > startling) {
      this.belief.unsettle(surprise > 0);
      this.rival = undefined;
    }
    if (rivalAge > 0 && (!this.rival || this.rival.seen > rivalAge)) {
      this.rival = new ServerBelief(this.shapes, this.max);
      this.lead = 0;
    }
  }

  private compareWithRival(mean: LatencyMean, evidence: number): void {
    const { rival } = this;
    if (!rival) return;
    const isFirst = rival.seen === 0;
    const its = rival.observe(mean);
    if (!isFirst) this.lead += its.evidence - evidence;
    if (this.lead <= victory) return;
    this.belief = rival;
    this.rival = undefined;
  }

  /**
   * Of the time of a single request. Behind a queue every latency is a sum of several service times, and scatters less
   * in proportion; but a mean over as many answers scatters as if it had no queue.
   */
  private varianceOf(block: LatencyBlock): number {
    const told = block.relativeVariance;
    if (told !== null) {
      const queueing = Math.max(1, block.meanInFlight / this.belief.enough(cautious));
      const weight = Math.min(0.3, block.answered / 60);
      this.serviceVariance += weight * (Math.min(mostVariance, told * queueing ** 2) - this.serviceVariance);
    }
    return Math.max(leastVariance, this.serviceVariance);
  }
}
