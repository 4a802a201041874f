import type { Message } from './message.js';

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
export type BroadcastOf<T> = T extends { readonly broadcast: infer B } ? B : Loose<T> extends true ? unknown : never;

/** Names of the agents. */
export type AgentName<T> = keyof AgentsOf<T> & string;
/** Names of the topics. */
export type TopicName<T> = keyof TopicsOf<T> & string;
/** Payload of what is sent to an agent. */
export type PayloadOf<T, A extends AgentName<T>> = AgentsOf<T>[A];
/** Payload of what is published on a topic. */
export type TopicPayloadOf<T, K extends TopicName<T>> = TopicsOf<T>[K];
/** What an agent answers to requests. */
export type ReplyOf<T, A> = T extends { readonly replies: infer R } ? (A extends keyof R ? R[A] : unknown) : unknown;

/** What reaches the handler of an agent; `type` and `topic` tell the cases apart. */
export type Incoming<T, A extends AgentName<T>> =
  | (Message<PayloadOf<T, A>, 'request' | 'notification'> & { readonly topic?: undefined })
  | ([BroadcastOf<T>] extends [never] ? never : Message<BroadcastOf<T>, 'broadcast'> & { readonly topic?: undefined })
  | {
      [K in TopicName<T>]: Message<TopicPayloadOf<T, K>, 'notification'> & { readonly topic: K };
    }[TopicName<T>];
