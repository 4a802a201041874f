import type { Message, MessageDraft, MessageType } from './message.js';

/** Numbers of one agent. `sent = delivered + queued + discarded`; `delivered = handled + failed + cancelled + inFlight`. */
export interface AgentMetrics {
  /** Number of messages put into its mailbox. */
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
  /** Answers that arrived after their request had ended. */
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
type AgentCounts = Writable<AgentMetrics>;

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
  for (const key of Object.keys(sum) as (keyof AgentCounts)[]) sum[key] += counts[key];
}

/**
 * What travels through a hub, for the compiler: payloads by the name of the agent or topic, answers by the name of the
 * agent. What is not named cannot be sent. Without any of them (the default) everything can, as `unknown`.
 *
 * @example
 * const hub = createHub<{ agents: { billing: { amount: number } }; replies: { billing: string } }>({ name: 'orders' });
 */
export interface HubTypes {
  /** Payload of messages and requests to an agent, by its name. */
  readonly agents?: object;
  /** Answer of an agent to requests, by its name. Agents that are not named here may answer anything. */
  readonly replies?: object;
  /** Payload of what is published, by topic. */
  readonly topics?: object;
  /** Payload of broadcasts. */
  readonly broadcast?: unknown;
}

type Anything = Record<string, unknown>;
type Loose<T> = HubTypes extends T ? true : false;
type AgentsOf<T> = T extends { readonly agents: infer A } ? A : Loose<T> extends true ? Anything : object;
type TopicsOf<T> = T extends { readonly topics: infer A } ? A : Loose<T> extends true ? Anything : object;

/** Payload of broadcasts. */
type BroadcastOf<T> = T extends { readonly broadcast: infer B } ? B : Loose<T> extends true ? unknown : never;

/** Names of the agents. */
type AgentName<T> = keyof AgentsOf<T> & string;
/** Names of the topics. */
type TopicName<T> = keyof TopicsOf<T> & string;
/** Payload of what is sent to an agent. */
type PayloadOf<T, A extends AgentName<T>> = AgentsOf<T>[A];
/** Payload of what is published on a topic. */
type TopicPayloadOf<T, K extends TopicName<T>> = TopicsOf<T>[K];
/** What an agent answers to requests. */
type ReplyOf<T, A> = T extends { readonly replies: infer R } ? (A extends keyof R ? R[A] : unknown) : unknown;

/** A message that the handler of an agent receives; `type` and `topic` tell the cases apart. */
export type Incoming<T, A extends AgentName<T>> =
  | (Message<PayloadOf<T, A>, 'request' | 'notification'> & { readonly topic?: undefined })
  | ([BroadcastOf<T>] extends [never] ? never : Message<BroadcastOf<T>, 'broadcast'> & { readonly topic?: undefined })
  | {
      [K in TopicName<T>]: Message<TopicPayloadOf<T, K>, 'notification'> & { readonly topic: K };
    }[TopicName<T>];

/** What a handler receives besides its message. */
export interface HandlerContext<T extends HubTypes = HubTypes> {
  /** The name under which the handler is registered. */
  readonly agent: string;
  /** The hub that delivers the message: an agent may be in several. */
  readonly hub: Hub<T>;
  /**
   * Aborted when the message need not be handled any more: its request timed out or was aborted, the agent was
   * unregistered, or the time that `close` gives ran out.
   */
  readonly signal: AbortSignal;
}

/**
 * Does an agent's work, for one message at a time. What it returns or resolves to answers a request; after `undefined`
 * the request stays open for a `response()`. What it throws or rejects with makes the request fail at once.
 */
export type Handler<T extends HubTypes = HubTypes, A extends AgentName<T> = AgentName<T>> = (
  message: Incoming<T, A>,
  context: HandlerContext<T>,
) => Answer<ReplyOf<T, A>>;

// biome-ignore lint/suspicious/noConfusingVoidType: handlers of notifications return nothing
type Answer<R> = R | undefined | void | PromiseLike<R | undefined | void>;

/** What a sender says to one agent; a built message is one, too. */
export interface DirectDraft<D, K extends MessageType, A extends string>
  extends Omit<MessageDraft<D, K, A>, 'topic' | 'replyTo'> {}

/** What a sender says to many. */
export interface OpenDraft<D> extends Omit<MessageDraft<D>, 'to' | 'type' | 'topic' | 'replyTo'> {}

/** Options of `send`, `broadcast` and `publish`. */
export interface SendOptions {
  /** Ends the wait for room in a mailbox. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `request`. */
export interface RequestOptions {
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
  /** Limit from the call to the answer, in milliseconds; Infinity for none. @default requestTimeoutMs of the hub */
  readonly timeoutMs?: number | undefined;
}

/** Options of `close`. */
export interface CloseOptions {
  /** Limit in milliseconds; Infinity for none. @default 5000 */
  readonly timeoutMs?: number | undefined;
}

/** Agents that send one another messages. Calls that return a promise never throw, they reject. */
export interface Hub<T extends HubTypes = HubTypes> extends AsyncDisposable {
  readonly name: string;

  /**
   * Registers an agent. Its messages are handled one after the other: the most urgent first, otherwise in the order
   * in which they were sent.
   * @throws HubAgentError when the name is taken, HubClosedError, InvalidOptionError
   */
  register<A extends AgentName<T>>(agent: A, handler: Handler<T, A>): void;

  /**
   * Forgets an agent. Its unread messages are discarded, senders that wait for room and open requests to or from it
   * reject with HubUnregisteredError, and the signal of a handler in flight is aborted.
   * @throws HubAgentError when it is not registered
   */
  unregister(agent: AgentName<T>): void;

  /**
   * Puts a message into the mailbox of an agent, and resolves when it is there; waits while the mailbox is full. Those
   * that wait are let in as they are delivered: the most urgent first, otherwise in the order of their calls. A message
   * of the type `response` settles the request that it answers, whoever sends it.
   *
   * Handlers that wait for room in one another's full mailboxes would wait for ever. Where such a cycle, by the `from` of
   * the messages, has lasted for `requestTimeoutMs` of the hub, the `send` that closed it rejects with HubDeadlockError.
   * @throws HubAgentError for an unknown receiver, HubUnregisteredError, HubClosedError, HubDeadlockError,
   * InvalidOptionError, the signal's reason
   */
  send<A extends AgentName<T>>(
    message: DirectDraft<PayloadOf<T, A>, 'notification', A>,
    options?: SendOptions,
  ): Promise<void>;
  send(message: Message<unknown, 'response'>, options?: SendOptions): Promise<void>;

  /**
   * Sends a request and resolves to the response.
   * @throws HubHandlerError at once when the handler fails; HubRequestTimeoutError, HubUnregisteredError, HubAgentError
   * for an unknown receiver, HubClosedError, InvalidOptionError, the signal's reason
   */
  request<A extends AgentName<T>>(
    message: DirectDraft<PayloadOf<T, A>, 'request', A>,
    options?: RequestOptions,
  ): Promise<Message<ReplyOf<T, A>, 'response'>>;

  /**
   * Sends one message to all agents but the sender. Resolves, when it is in every mailbox, to their number; agents that
   * are unregistered while it waits for room don't count.
   * @throws HubClosedError, HubDeadlockError, InvalidOptionError, the signal's reason
   */
  broadcast(message: OpenDraft<BroadcastOf<T>>, options?: SendOptions): Promise<number>;

  /** Lets an agent have what is published on a topic. @throws HubAgentError, HubClosedError, InvalidOptionError */
  subscribe(agent: AgentName<T>, topic: TopicName<T>): void;

  /** Whether the agent had subscribed to the topic. @throws HubAgentError */
  unsubscribe(agent: AgentName<T>, topic: TopicName<T>): boolean;

  /**
   * Sends one message to all subscribers of a topic but the sender; nobody may be among them. Resolves like `broadcast`.
   * @throws HubClosedError, HubDeadlockError, InvalidOptionError, the signal's reason
   */
  publish<K extends TopicName<T>>(
    message: OpenDraft<TopicPayloadOf<T, K>> & { readonly topic: K },
    options?: SendOptions,
  ): Promise<number>;

  /** Counters so far, and the current state. */
  metrics(): HubMetrics;

  /**
   * Accepts nothing more but answers, lets the accepted messages be handled, and waits for all handlers. When time is
   * up, the rest is discarded and the signals of the handlers in flight are aborted. Further calls get the same promise.
   * A handler must not await it.
   * @throws HubCloseTimeoutError when time was up
   */
  close(options?: CloseOptions): Promise<void>;
}
