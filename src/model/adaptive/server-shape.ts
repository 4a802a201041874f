/**
 * One idea of what a server is like. It works on `slots` requests at once and lets the others wait; while it works on k,
 * each of them takes 1 + slowdown × (k − 1) times as long as alone. Slowdown 0: every slot is as good as a machine of its
 * own. 1: all slots share one processor, so that no number of them does more than one. Between: a GPU that batches.
 */
export interface ServerShape {
  readonly slots: number;
  readonly slowdown: number;
  /** The smallest number in flight that gives its best throughput. */
  readonly enough: number;
  /** How plausible it is before anything was measured, as a logarithm. */
  readonly logPrior: number;
}

/** Neighbouring numbers of slots differ by this factor: finer than what can be told apart by latencies. */
const slotRatio = 1.08;
/** The largest number of slots, in terms of the largest limit: more looks the same from outside. */
const slotReach = 1.3;
const slowdowns = [0, 0.05, 0.2, 1];
/** Share of the servers that have slots of their own. */
const independentShare = 0.6;
/** Share of the best throughput that counts as the best. */
const goodThroughput = 0.97;
/** A slot is idle while an answer travels unless about this many more are in flight. */
const spare = 0.4;

/** The shapes that servers may have whose limit is at most `max`. Slots are spread evenly by their logarithm. */
export function createShapes(max: number): readonly ServerShape[] {
  const slotCounts: number[] = [];
  for (let slots = 1; slots <= max * slotReach; slots *= slotRatio) slotCounts.push(slots);
  return slowdowns.flatMap((slowdown) => {
    const share = slowdown === 0 ? independentShare : (1 - independentShare) / (slowdowns.length - 1);
    const logPrior = Math.log(share / slotCounts.length);
    return slotCounts.map((slots) => ({ slots, slowdown, enough: enoughFor(slots, slowdown, max), logPrior }));
  });
}

/**
 * The mean latency of requests at a server, in latencies of a request alone. By Little's law (J. D. C.
 * Little, "A Proof for the Queuing Formula L = λW", 1961) the throughput is `inFlight` ÷ latency, so with a queue of
 * any kind, told or silent, latency grows in proportion to what is in flight once all slots are taken.
 */
export function relativeLatency(slots: number, slowdown: number, inFlight: number, company: number): number {
  return Math.max(1 + slowdown * (company - 1), (inFlight / slots) * (1 + slowdown * (slots - 1)));
}

function enoughFor(slots: number, slowdown: number, max: number): number {
  const throughput = (inFlight: number) => inFlight / relativeLatency(slots, slowdown, inFlight, inFlight);
  const best = throughput(Math.min(max, Math.ceil(slots)));
  let enough = 1;
  while (enough < max && throughput(enough) < goodThroughput * best) enough += 1;
  const kneeAtSlots = enough >= 0.95 * slots;
  return kneeAtSlots ? Math.min(max, Math.max(enough, Math.ceil(slots + spare))) : enough;
}
