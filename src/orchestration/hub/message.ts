import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { createId } from '../../foundation/ids.js';
import { requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { requireObject, requireText } from '../require-option.js';

/** How urgent a message is. A more urgent one is delivered before all less urgent ones that wait. */
export type Priority = 'low' | 'normal' | 'high' | 'critical';

/** What a message is for. */
export type MessageType = 'request' | 'response' | 'notification' | 'broadcast';

/** A message from one agent to others. */
export interface Message<D = unknown, K extends MessageType = MessageType, To extends string = string> {
  /** UUIDv7; ids of one process sort in the order of their making. */
  readonly id: string;
  /** Name of the sender; it need not be registered. */
  readonly from: string;
  /** Name of the receiver; `*` for a broadcast or a topic. */
  readonly to: To;
  readonly type: K;
  readonly data: D;
  /** The id of the request that a response answers. */
  readonly replyTo?: string | undefined;
  /** Where it was published. */
  readonly topic?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly priority: Priority;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a sender says; id, time and the rest are added. */
export interface MessageDraft<D = unknown, K extends MessageType = MessageType, To extends string = string> {
  readonly from: string;
  readonly to: To;
  readonly data: D;
  /** @default 'notification' */
  readonly type?: K | undefined;
  readonly replyTo?: string | undefined;
  readonly topic?: string | undefined;
  /** @default 'normal' */
  readonly priority?: Priority | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Options of the message builders. */
export interface MessageOptions {
  /** Clock and RNG for the id and the time. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

/** Options of `response`. */
interface ResponseOptions extends MessageOptions {
  /** The agent that answers. @default the receiver of the request */
  readonly from?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Place in the order of delivery. */
const ranks: Readonly<Record<Priority, number>> = { critical: 0, high: 1, normal: 2, low: 3 };
const types: readonly MessageType[] = ['request', 'response', 'notification', 'broadcast'];

/** Number of priorities. */
export const rankCount = 4;

/** 0 for the most urgent. */
export function rankOf(priority: Priority): number {
  return ranks[priority];
}

/**
 * Makes a message: a notification where the draft has no type.
 * @throws InvalidOptionError
 *
 * @example
 * const urgent = message({ from: 'web', to: 'billing', data: { invoice: 7 }, priority: 'high' });
 * console.log(urgent.type); // 'notification'
 */
export function message<D, To extends string>(
  draft: MessageDraft<D, MessageType, To> & { readonly type?: undefined },
  options?: MessageOptions,
): Message<D, 'notification', To>;
export function message<D, K extends MessageType, To extends string>(
  draft: MessageDraft<D, K, To> & { readonly type: K },
  options?: MessageOptions,
): Message<D, K, To>;
export function message<D, To extends string>(
  draft: MessageDraft<D, MessageType, To>,
  options: MessageOptions = {},
): Message<D, MessageType, To> {
  const runtime = readRuntime('message', options);
  requireObject('message', draft);
  const { type = 'notification' } = draft;
  requireOneOf('message.type', type, types);
  return stamp(draft, type, runtime);
}

/** Checks a draft and completes it. @throws InvalidOptionError */
export function stamp<D, K extends MessageType, To extends string>(
  draft: MessageDraft<D, MessageType, To>,
  type: K,
  runtime: Runtime,
): Message<D, K, To> {
  requireObject('message', draft);
  const { from, to, data, priority = 'normal', replyTo, topic, headers } = draft;
  requireText('message.from', from);
  requireText('message.to', to);
  if (!Object.hasOwn(ranks, priority)) requireOneOf('message.priority', priority, Object.keys(ranks));
  if (headers !== undefined) requireObject('message.headers', headers);
  const id = createId(runtime);
  const stamped = { id, from, to, type, data, timestamp: runtime.wallTime(), priority };
  if (replyTo === undefined && topic === undefined && headers === undefined) return stamped;
  return {
    ...stamped,
    ...(replyTo !== undefined && { replyTo }),
    ...(topic !== undefined && { topic }),
    ...(headers !== undefined && { headers }),
  };
}

/** Makes a request, to be sent by `hub.request`. */
export function request<D, To extends string>(
  draft: Omit<MessageDraft<D, 'request', To>, 'type'>,
  options: MessageOptions = {},
): Message<D, 'request', To> {
  return stamp(draft, 'request', readRuntime('request', options));
}

/** Makes a message that wants no answer. */
export function notification<D, To extends string>(
  draft: Omit<MessageDraft<D, 'notification', To>, 'type'>,
  options: MessageOptions = {},
): Message<D, 'notification', To> {
  return stamp(draft, 'notification', readRuntime('notification', options));
}

/**
 * Makes the answer to a request, with its priority. Handlers need it only where the answer comes later, or from another
 * agent: what a handler returns is an answer already.
 *
 * @example
 * const asked = request({ from: 'web', to: 'desk', data: 'which?' });
 * const answer = response(asked, 'this one', { from: 'specialist' });
 * console.log(answer.to, answer.replyTo === asked.id); // 'web' true
 */
export function response<D>(to: Message, data: D, options: ResponseOptions = {}): Message<D, 'response'> {
  requireKnown('response', options, { runtime: true, from: true, headers: true });
  requireObject('request', to);
  const { from = to.to, headers, runtime = nodeRuntime } = options;
  return stamp({ from, to: to.from, data, replyTo: to.id, priority: to.priority, headers }, 'response', runtime);
}

/**
 * The message of a call: a built one as it is, a draft completed.
 * @param call the call of the hub, for the message of an error
 * @throws InvalidOptionError
 */
export function completeMessage<K extends MessageType>(
  draft: MessageDraft,
  type: K,
  call: 'send' | 'request',
  runtime: Runtime,
): Message<unknown, K> {
  requireObject('message', draft);
  const given = draft.type ?? type;
  if (given !== type) throw new InvalidOptionError('message.type', `'${type}' for ${call}`, given);
  if (draft.topic !== undefined) throw new InvalidOptionError('message.topic', `absent for ${call}`, draft.topic);
  if (!('id' in draft)) return stamp(draft, type, runtime);
  const { id, timestamp = runtime.wallTime() } = draft as Message;
  requireText('message.id', id);
  return { ...stamp(draft, type, runtime), id, timestamp };
}

function readRuntime(owner: string, options: MessageOptions): Runtime {
  requireKnown(owner, options, { runtime: true });
  return options.runtime ?? nodeRuntime;
}

function requireOneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new InvalidOptionError(option, `one of ${allowed.join(', ')}`, value);
}
