/** What the choice needs to know about a host that may be asked now. */
export interface UpstreamLoad {
  /** Questions that it has. */
  readonly inFlight: number;
  /**
   * Time until a question is answered that does not wait, in milliseconds; 0 where it has answered none yet. Failures are
   * no answers, however quick: a host that fails every second question takes twice as long for an answer.
   */
  readonly serviceMs: number;
  /** Questions that it works on at once, as far as is known. */
  readonly slots: number;
  /** No question had to wait there so far: it may have more slots. */
  readonly isOpen: boolean;
  /** Its last question failed, and it has answered none since. */
  readonly hasFailed: boolean;
  /** For how long its oldest question has been unanswered, in milliseconds. */
  readonly waitingMs: number;
}

/** How much more than is known a host without a queue is trusted with. */
const trust = 1.5;

/** More questions than any host has. */
const muchWork = 1e6;

/** A host that has been silent for so many service times may be stuck. */
const patience = 10;

/**
 * The host that gets the next question. First one that has nothing to do and is not known yet; then one with a free slot,
 * so that none stands idle while others queue, the quicker and emptier ones first; and when all slots are taken, the one
 * where a slot is free soonest.
 * @returns undefined where there is none
 */
export function chooseUpstream<T extends UpstreamLoad>(hosts: readonly T[]): T | undefined {
  if (hosts.length <= 1) return hosts[0];
  const known = hosts.filter(({ serviceMs }) => serviceMs > 0);
  if (known.length === 0) return least(hosts, ({ inFlight, hasFailed }) => inFlight + (hasFailed ? muchWork : 0));
  const unknown = hosts.find(({ serviceMs, inFlight, hasFailed }) => serviceMs === 0 && inFlight === 0 && !hasFailed);
  if (unknown) return unknown;
  const free = known.filter(hasFreeSlot);
  if (free.length > 0) return least(free, ({ serviceMs, inFlight, slots }) => serviceMs * (1 + inFlight / slots));
  const quickestMs = Math.min(...known.map(({ serviceMs }) => serviceMs));
  return least(hosts, (host) => waitAt(host, quickestMs));
}

function hasFreeSlot(host: UpstreamLoad): boolean {
  const { inFlight, slots, isOpen } = host;
  return inFlight < (isOpen ? Math.ceil(slots * trust) : slots) && !isStuck(host);
}

function isStuck({ inFlight, slots, serviceMs, waitingMs }: UpstreamLoad): boolean {
  return serviceMs > 0 && waitingMs > patience * serviceMs * Math.max(1, inFlight / slots);
}

/** Time until a slot is free. A host that is not known yet is taken for one with one slot, as quick as the quickest. */
function waitAt(host: UpstreamLoad, quickestMs: number): number {
  const { inFlight, slots, serviceMs, waitingMs } = host;
  const paceMs = serviceMs > 0 ? serviceMs : Math.max(quickestMs, waitingMs);
  const waitMs = ((inFlight + 1) / Math.max(slots, 1) - 1) * paceMs;
  return isStuck(host) ? Math.max(waitMs, waitingMs) : waitMs;
}

function least<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  let best: { readonly item: T; readonly value: number } | undefined;
  for (const item of items) {
    const own = value(item);
    if (!best || own < best.value) best = { item, value: own };
  }
  return best?.item;
}

/** Answers at one load that count in full; older ones fade. */
const memory = 20;

/** What is known about one load: how many answers, and the mean logarithm of their latencies. */
interface Load {
  answers: number;
  meanLog: number;
}

/**
 * How the latency of a host grows with the number of questions that it has: t · max(1, n ÷ slots), which is a server that
 * works on `slots` at once and lets the others wait. Both are found by least squares over the logarithms, because
 * latencies scatter by factors; old answers fade, so that it follows a host whose speed changes.
 */
export class LatencyCurve {
  private readonly loads: (Load | undefined)[] = [];
  private fitted = { serviceMs: 0, slots: 0 };

  /** Counts one answer. `load` is the number of questions that the host had, with this one, when it was sent. */
  add(load: number, latencyMs: number): void {
    const log = Math.log(Math.max(latencyMs, 0.001));
    const known = this.loads[load];
    if (known) {
      known.answers += 1;
      known.meanLog += (log - known.meanLog) / Math.min(known.answers, memory);
    } else {
      this.loads[load] = { answers: 1, meanLog: log };
    }
    this.fitted = this.fit();
  }

  /** Time for one question that does not wait, in milliseconds; 0 before the first answer. */
  get serviceMs(): number {
    return this.fitted.serviceMs;
  }

  /** Questions that are worked on at once, as far as is known. */
  get slots(): number {
    return this.fitted.slots;
  }

  /** Whether no answer had to wait so far: there may be more slots. */
  get isOpen(): boolean {
    return this.slots === this.loads.length - 1;
  }

  /** Of all numbers of slots the one with the smallest squared error; the largest of those that are as good. */
  private fit(): { serviceMs: number; slots: number } {
    const most = this.loads.length - 1;
    const totals = sums(this.loads, 1, most, () => 0);
    let best = { error: Number.POSITIVE_INFINITY, slots: most, log: 0 };
    let below = { weight: 0, sum: 0, squares: 0 };
    // Above the slots, log(latency) − log(load) + log(slots) is what log(service time) is below them.
    let above = sums(this.loads, 1, most, Math.log);
    for (let slots = 1; slots <= most; slots += 1) {
      const own = this.loads[slots];
      below = plus(below, own, 0, 1);
      above = plus(above, own, Math.log(slots), -1);
      const shift = Math.log(slots);
      const sum = below.sum + above.sum + above.weight * shift;
      const squares = below.squares + above.squares + 2 * shift * above.sum + above.weight * shift ** 2;
      const error = squares - sum ** 2 / totals.weight;
      if (error <= best.error + 1e-9) best = { error, slots, log: sum / totals.weight };
    }
    return { serviceMs: Math.exp(best.log), slots: best.slots };
  }
}

interface Sums {
  readonly weight: number;
  readonly sum: number;
  readonly squares: number;
}

function sums(loads: readonly (Load | undefined)[], from: number, to: number, offset: (load: number) => number): Sums {
  let all: Sums = { weight: 0, sum: 0, squares: 0 };
  for (let load = from; load <= to; load += 1) all = plus(all, loads[load], offset(load), 1);
  return all;
}

/** Adds a load, or with `sign` −1 takes it away. */
function plus(all: Sums, load: Load | undefined, offset: number, sign: 1 | -1): Sums {
  if (!load) return all;
  const weight = sign * Math.min(load.answers, memory);
  const value = load.meanLog - offset;
  return { weight: all.weight + weight, sum: all.sum + weight * value, squares: all.squares + weight * value ** 2 };
}
