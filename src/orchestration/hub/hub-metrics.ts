/** Numbers of one agent. `sent = delivered + queued + discarded`; `delivered = handled + failed + cancelled + inFlight`. */
export interface AgentMetrics {
  /** Messages that were put into its mailbox. */
  readonly sent: number;
  /** Messages that were given to its handler. */
  readonly delivered: number;
  /** Messages whose handler succeeded. */
  readonly handled: number;
  /** Messages whose handler failed. */
  readonly failed: number;
  /** Messages whose handler failed after its signal had been aborted. */
  readonly cancelled: number;
  /** Messages that were taken out of its mailbox unread: the request had ended, the agent or the hub was closed. */
  readonly discarded: number;
  /** Messages in its mailbox, now. */
  readonly queued: number;
  /** Messages that wait for room in its mailbox, now. */
  readonly waiting: number;
  /** Handlers that run, now: 0 or 1. */
  readonly inFlight: number;
}

/** Numbers of a hub: those of all its agents together, also of those that were unregistered, and its own. */
export interface HubMetrics extends AgentMetrics {
  /** Calls of `request` that found their receiver. */
  readonly requests: number;
  /** Requests that were answered. */
  readonly responses: number;
  /** Requests that were not answered in time. */
  readonly timeouts: number;
  /** Answers that came when nobody waited for them any more. */
  readonly unmatched: number;
  /** Messages to agents that are not registered. */
  readonly unknown: number;
  /** Calls of `broadcast`. */
  readonly broadcast: number;
  /** Calls of `publish`. */
  readonly published: number;
  /** Requests without an answer, now. */
  readonly pendingRequests: number;
  /** By name; of the agents that are registered, now. */
  readonly agents: Readonly<Record<string, AgentMetrics>>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Numbers of an agent that still grow. */
export type AgentCounts = Writable<AgentMetrics>;

export function createAgentCounts(): AgentCounts {
  return {
    sent: 0,
    delivered: 0,
    handled: 0,
    failed: 0,
    cancelled: 0,
    discarded: 0,
    queued: 0,
    waiting: 0,
    inFlight: 0,
  };
}

/** Adds the numbers of an agent to a sum. */
export function addCounts(sum: AgentCounts, counts: AgentMetrics): void {
  sum.sent += counts.sent;
  sum.delivered += counts.delivered;
  sum.handled += counts.handled;
  sum.failed += counts.failed;
  sum.cancelled += counts.cancelled;
  sum.discarded += counts.discarded;
  sum.queued += counts.queued;
  sum.waiting += counts.waiting;
  sum.inFlight += counts.inFlight;
}
