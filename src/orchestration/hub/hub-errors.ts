import { ChoraleError, defineErrors, messageOf } from '../../foundation/errors/chorale-error.js';
import type { Failure } from '../../foundation/events/event.js';
import { didYouMean, listNames } from '../../foundation/text/message-text.js';

export const hubErrors = defineErrors({
  CHORALE_HUB_AGENT: { exitCode: 2, retryable: false, summary: 'An agent of a hub is unknown, or registered twice.' },
  CHORALE_HUB_HANDLER: { exitCode: 5, retryable: false, summary: 'The handler of an agent failed.' },
  CHORALE_HUB_REQUEST_TIMEOUT: { exitCode: 5, retryable: false, summary: 'An agent did not answer in time.' },
  CHORALE_HUB_DEADLOCK: { exitCode: 5, retryable: false, summary: 'Handlers of a hub wait for one another.' },
  CHORALE_HUB_UNREGISTERED: { exitCode: 5, retryable: false, summary: 'An agent went away with messages unhandled.' },
  CHORALE_HUB_CLOSED: { exitCode: 5, retryable: false, summary: 'The hub is closed.' },
  CHORALE_HUB_CLOSE_TIMEOUT: {
    exitCode: 5,
    retryable: false,
    summary: 'Handlers were still running when a hub closed.',
  },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof hubErrors> {}
}

/** An agent is not registered, or is registered already. */
export class HubAgentError extends ChoraleError {
  readonly code = 'CHORALE_HUB_AGENT';
  constructor(
    readonly hub: string,
    readonly agent: string,
    readonly problem: 'is not registered' | 'is already registered',
    /** The agents of the hub, in the order of their registration. */
    readonly known: readonly string[],
  ) {
    const hint = problem === 'is not registered' ? didYouMean(agent, known) : '';
    super(`hub ${hub}: agent '${agent}' ${problem}${hint} (known: ${listNames(known)})`);
  }
}

/** The handler of an agent failed. `cause` is what it threw. */
export class HubHandlerError extends ChoraleError {
  readonly code = 'CHORALE_HUB_HANDLER';
  constructor(
    readonly hub: string,
    readonly agent: string,
    readonly messageId: string,
    override readonly cause: unknown,
  ) {
    super(`hub ${hub}: agent '${agent}' failed: ${messageOf(cause)}`, { cause });
  }
}

/** A request was not answered in time. */
export class HubRequestTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_HUB_REQUEST_TIMEOUT';
  constructor(
    readonly hub: string,
    readonly agent: string,
    /** The limit, in milliseconds. */
    readonly afterMs: number,
    /** Where the request was when time was up, as in `it was in the mailbox`. */
    readonly progress: string,
  ) {
    super(`hub ${hub}: agent '${agent}' did not answer within ${afterMs} ms (${progress})`);
  }
}

/** Handlers waited for room in one another's mailboxes, each in that of the next. */
export class HubDeadlockError extends ChoraleError {
  readonly code = 'CHORALE_HUB_DEADLOCK';
  constructor(
    readonly hub: string,
    /** The agents of the cycle, beginning with the sender of the message that was turned away; each waited for the next. */
    readonly agents: readonly string[],
    /** How long they waited, in milliseconds. */
    readonly afterMs: number,
  ) {
    const [first] = agents;
    const cycle = [...agents, first].map((agent) => `'${agent}'`).join(' -> ');
    super(`hub ${hub}: handlers waited ${afterMs} ms for room in one another's mailboxes (${cycle})`);
  }
}

/** A message can no longer be handled, or a request no longer be answered, because its agent was unregistered. */
export class HubUnregisteredError extends ChoraleError {
  readonly code = 'CHORALE_HUB_UNREGISTERED';
  constructor(
    readonly hub: string,
    readonly agent: string,
    /** The agents that are left. */
    readonly known: readonly string[],
  ) {
    super(`hub ${hub}: agent '${agent}' was unregistered (known: ${listNames(known)})`);
  }
}

/** The hub is closed, or being closed, and accepts nothing more. */
export class HubClosedError extends ChoraleError {
  readonly code = 'CHORALE_HUB_CLOSED';
  constructor(
    readonly hub: string,
    /** What was rejected or ended, as in `a message to agent 'billing'`. */
    readonly refused: string,
  ) {
    super(`hub ${hub}: closed before ${refused}`);
  }
}

/** Handlers did not end within the time that `close` gave them. */
export class HubCloseTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_HUB_CLOSE_TIMEOUT';
  constructor(
    readonly hub: string,
    /** The limit, in milliseconds. */
    readonly afterMs: number,
    /** Agents whose handler still ran. */
    readonly busy: readonly string[],
    /** Messages that no handler has seen. */
    readonly discarded: number,
  ) {
    const about = `busy agents: ${listNames(busy)}; discarded messages: ${discarded}`;
    super(`hub ${hub}: not closed within ${afterMs} ms (${about})`);
  }
}

/** Events of a hub. Single deliveries are counted by its metrics and have no event, failures have. */
export interface HubEvents {
  'hub.open': { readonly buffer_size: number; readonly request_timeout_ms: number };
  /**
   * A message did not arrive, or its handler failed, or nobody answered; what its sender takes back is not a failure.
   * Payloads are never in it.
   */
  'hub.error': {
    /** The agent for which the message was. */
    readonly agent: string;
    readonly from: string;
    readonly message_id: string;
    readonly reason: 'handler' | 'timeout' | 'deadlock' | 'unknown_agent' | 'unregistered' | 'closed' | 'no_request';
  } & Failure;
  'hub.closing': { readonly agents: number; readonly queued: number; readonly in_flight: number };
  'hub.closed': { readonly delivered: number; readonly failed: number; readonly discarded: number } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends HubEvents {}
}
