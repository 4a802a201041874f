import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { requireFunction, requireObject, requireSignal, requireText } from '../require-option.js';
import { Deliveries } from './deliveries.js';
import {
  addCounts,
  type CloseOptions,
  type Handler,
  type Hub,
  type HubMetrics,
  type HubTypes,
  type OpenDraft,
  type RequestOptions,
  type SendOptions,
} from './hub.js';
import { HubAgentError, HubClosedError, HubUnregisteredError } from './hub-errors.js';
import {
  defaultCloseTimeoutMs,
  type HubOptions,
  type HubSettings,
  requireDuration,
  resolveHubOptions,
} from './hub-options.js';
import { Envelope, Mailbox } from './mailbox.js';
import { completeMessage, type Message, type MessageDraft, stamp } from './message.js';

const inMailbox = Promise.resolve();

const sendOptions: OptionNames<SendOptions> = { signal: true };
const requestOptions: OptionNames<RequestOptions> = { signal: true, timeoutMs: true };
const closeOptions: OptionNames<CloseOptions> = { timeoutMs: true };

/** Makes a call of the hub, so that it never throws: it rejects. */
function rejecting<R, O extends object>(
  name: string,
  options: O,
  known: OptionNames<NoInfer<O>>,
  call: () => Promise<R>,
): Promise<R> {
  try {
    requireKnown(name, options, known);
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The hub, with payloads of any type. */
class HubCore implements Hub {
  readonly name: string;
  private closing: Promise<void> | undefined;
  private readonly agents = new Map<string, Mailbox>();
  private readonly topics = new Map<string, Set<Mailbox>>();
  private readonly deliveries: Deliveries;
  private readonly calls = { requests: 0, broadcast: 0, published: 0, unknown: 0 };

  constructor(private readonly settings: HubSettings) {
    this.name = settings.name;
    this.deliveries = new Deliveries(this, settings);
    settings.emit?.('hub.open', {
      buffer_size: settings.bufferSize,
      request_timeout_ms: settings.requestTimeoutMs,
    });
  }

  register(agent: string, handler: Handler): void {
    requireText('agent', agent);
    if (agent === '*') throw new InvalidOptionError('agent', "another name than '*', which means all", agent);
    requireFunction('handler', handler);
    this.requireOpen(`agent '${agent}' was registered`);
    if (this.agents.has(agent)) throw new HubAgentError(this.name, agent, 'is already registered', this.known());
    const mailbox = new Mailbox(agent, handler as Mailbox['handler'], this.settings.bufferSize);
    this.agents.set(agent, mailbox);
  }

  unregister(agent: string): void {
    const mailbox = this.mailboxOf(agent);
    for (const topic of mailbox.topics) this.leaveTopic(mailbox, topic);
    this.agents.delete(agent);
    this.deliveries.retire(mailbox, new HubUnregisteredError(this.name, agent, this.known()));
  }

  send(draft: MessageDraft, options: SendOptions = {}): Promise<void> {
    return rejecting('send', options, sendOptions, () => {
      const { signal } = options;
      requireObject('message', draft);
      if (draft.type === 'response') return this.respond(draft);
      const message = completeMessage(draft, 'notification', 'send', this.settings.runtime);
      const envelope = this.address(message, signal);
      if (this.deliveries.post(envelope)) return inMailbox;
      return this.deliveries.room(envelope, signal, this.agents.get(message.from));
    });
  }

  request(draft: MessageDraft, options: RequestOptions = {}): Promise<Message<never, 'response'>> {
    return rejecting('request', options, requestOptions, () => {
      const { signal, timeoutMs = this.settings.requestTimeoutMs } = options;
      requireDuration('timeoutMs', timeoutMs);
      const message = completeMessage(draft, 'request', 'request', this.settings.runtime);
      const envelope = this.address(message, signal);
      const answered = this.deliveries.ask(envelope, timeoutMs, signal);
      this.calls.requests += 1;
      return answered as Promise<Message<never, 'response'>>;
    });
  }

  broadcast(draft: OpenDraft<unknown>, options: SendOptions = {}): Promise<number> {
    return rejecting('broadcast', options, sendOptions, () => {
      const { signal } = options;
      requireObject('message', draft);
      const message = stamp({ ...draft, to: '*' }, 'broadcast', this.settings.runtime);
      this.requireReady('a broadcast', signal);
      this.calls.broadcast += 1;
      return this.sendToAll(message, this.agents.values(), signal);
    });
  }

  subscribe(agent: string, topic: string): void {
    requireText('topic', topic);
    this.requireOpen(`agent '${agent}' subscribed to '${topic}'`);
    const mailbox = this.mailboxOf(agent);
    mailbox.topics.add(topic);
    const subscribers = this.topics.get(topic);
    if (subscribers) subscribers.add(mailbox);
    else this.topics.set(topic, new Set([mailbox]));
  }

  unsubscribe(agent: string, topic: string): boolean {
    return this.leaveTopic(this.mailboxOf(agent), topic);
  }

  publish(draft: OpenDraft<unknown> & { readonly topic: string }, options: SendOptions = {}): Promise<number> {
    return rejecting('publish', options, sendOptions, () => {
      const { signal } = options;
      requireObject('message', draft);
      requireText('message.topic', draft.topic);
      const message = stamp({ ...draft, to: '*' }, 'notification', this.settings.runtime);
      this.requireReady(`a message on the topic '${draft.topic}'`, signal);
      this.calls.published += 1;
      return this.sendToAll(message, this.topics.get(draft.topic)?.values() ?? [], signal);
    });
  }

  metrics(): HubMetrics {
    const sum = { ...this.deliveries.retired };
    const mailboxes = [...this.agents.values()];
    for (const { counts } of [...mailboxes, ...this.deliveries.leaving]) addCounts(sum, counts);
    const agents = Object.fromEntries(mailboxes.map(({ agent, counts }) => [agent, { ...counts }]));
    return { ...sum, ...this.calls, ...this.deliveries.answers, pendingRequests: this.deliveries.pending, agents };
  }

  close(options: CloseOptions = {}): Promise<void> {
    return rejecting('close', options, closeOptions, () => {
      const { timeoutMs = defaultCloseTimeoutMs } = options;
      requireDuration('timeoutMs', timeoutMs);
      this.closing ??= Promise.resolve().then(() => this.deliveries.close(this.agents, timeoutMs));
      return this.closing;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private respond(draft: MessageDraft): Promise<void> {
    const message = completeMessage(draft, 'response', 'send', this.settings.runtime);
    if (this.deliveries.closed) this.requireOpen(`a response to '${message.to}'`);
    this.deliveries.answer(message);
    return inMailbox;
  }

  private address(message: Message, signal: AbortSignal | undefined): Envelope {
    this.requireReady(`a message to agent '${message.to}'`, signal);
    const mailbox = this.agents.get(message.to);
    if (mailbox) return new Envelope(message, mailbox);
    this.calls.unknown += 1;
    const error = new HubAgentError(this.name, message.to, 'is not registered', this.known());
    this.deliveries.report(message.to, message, 'unknown_agent', error);
    throw error;
  }

  private async sendToAll(message: Message, mailboxes: Iterable<Mailbox>, signal: AbortSignal | undefined) {
    let taken = 0;
    const count = () => {
      taken += 1;
    };
    const waits: Promise<void>[] = [];
    const from = this.agents.get(message.from);
    for (const mailbox of [...mailboxes]) {
      if (mailbox.agent === message.from) continue;
      const envelope = new Envelope(message, mailbox);
      if (this.deliveries.post(envelope)) count();
      else waits.push(this.deliveries.room(envelope, signal, from).then(count, ignoreUnregistered));
    }
    await Promise.all(waits);
    return taken;
  }

  private leaveTopic(mailbox: Mailbox, topic: string): boolean {
    const subscribers = this.topics.get(topic);
    if (!subscribers?.delete(mailbox)) return false;
    mailbox.topics.delete(topic);
    if (subscribers.size === 0) this.topics.delete(topic);
    return true;
  }

  private mailboxOf(agent: string): Mailbox {
    const mailbox = this.agents.get(agent);
    if (mailbox) return mailbox;
    throw new HubAgentError(this.name, agent, 'is not registered', this.known());
  }

  private known(): readonly string[] {
    return [...this.agents.keys()];
  }

  private requireReady(what: string, signal: AbortSignal | undefined): void {
    if (signal !== undefined) {
      requireSignal('signal', signal);
      signal.throwIfAborted();
    }
    this.requireOpen(what);
  }

  private requireOpen(what: string): void {
    if (this.closing) throw new HubClosedError(this.name, what);
  }
}

function ignoreUnregistered(error: unknown): void {
  if (!(error instanceof HubUnregisteredError)) throw error;
}

/**
 * Makes a hub, over which agents send one another messages. It is driven by what happens: an idle hub has no timer and
 * uses no processor time. It need not be closed to be collected.
 *
 * @throws InvalidOptionError, UnknownObserverError
 *
 * @example
 * const hub = createHub<{ agents: { greeter: string }; replies: { greeter: string } }>({ name: 'lobby' });
 * hub.register('greeter', ({ data }) => `Hello, ${data}!`);
 * const { data } = await hub.request({ from: 'me', to: 'greeter', data: 'Ada' });
 * console.log(data); // 'Hello, Ada!'
 * await hub.close();
 */
export function createHub<T extends HubTypes = HubTypes>(options: HubOptions): Hub<T> {
  // What the types of the messages are is known to the compiler only.
  const hub: unknown = new HubCore(resolveHubOptions(options));
  return hub as Hub<T>;
}
