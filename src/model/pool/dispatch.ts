/** The state of a host that may get a request, for the choice among hosts. */
export interface UpstreamLoad {
  /** Requests that it has. */
  readonly inFlight: number;
  /**
   * Time until a request is answered that does not wait, in milliseconds; 0 before the first answer. A failure is not
   * an answer, however quick: a host that fails every second request takes twice as long for an answer.
   */
  readonly serviceMs: number;
  /** Requests that it works on at once, as far as is known. */
  readonly slots: number;
  /** No request had to wait there so far: it may have more slots. */
  readonly isOpen: boolean;
  /** Its last request failed, and it has answered none since. */
  readonly hasFailed: boolean;
  /** For how long its oldest request has been unanswered, in milliseconds. */
  readonly waitingMs: number;
}

/** How much more than is known a host without a queue is trusted with. */
const trust = 1.5;

/** More requests than any host has. */
const muchWork = 1e6;

/** A host that has been silent for so many service times may be stuck. */
const patience = 10;

/**
 * The host that gets the next request. First one that has nothing to do and is not known yet; then one with a free slot,
 * so that none stands idle while others queue, the quicker and emptier ones first; and when all slots are taken, the one
 * where a slot is free soonest.
 * @returns undefined if there is none
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
