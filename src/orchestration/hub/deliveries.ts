import { type EventData, failureOf } from '../../foundation/events/event.js';
import { isThenable } from '../awaitable.js';
import { WaitingRoom } from './deadlock.js';
import { Dispatcher } from './dispatcher.js';
import { addCounts, createAgentCounts, type Hub } from './hub.js';
import { HubClosedError, HubCloseTimeoutError, HubHandlerError, HubRequestTimeoutError } from './hub-errors.js';
import type { HubSettings } from './hub-options.js';
import { DeliveryContext, type Envelope, type Mailbox } from './mailbox.js';
import { type Message, stamp } from './message.js';
import { OpenRequests } from './open-requests.js';

type Reason = EventData['hub.error']['reason'];

const whereabouts: Readonly<Record<Envelope['stage'], string>> = {
  waiting: 'the request waited for room in the mailbox',
  queued: 'the request was in the mailbox',
  in_flight: 'its handler was running',
  gone: 'its handler returned no value',
};

/** Brings messages from the mailboxes to the handlers, and what comes of them back. */
export class Deliveries {
  /** Numbers of the agents that were unregistered. */
  readonly retired = createAgentCounts();
  /** Unregistered agents whose handler still runs. */
  readonly leaving = new Set<Mailbox>();
  readonly answers = { responses: 0, timeouts: 0, unmatched: 0 };
  /** Not even answers are accepted any more. */
  closed = false;
  private readonly dispatcher: Dispatcher;
  private readonly requests: OpenRequests;
  private readonly waitingRoom: WaitingRoom;
  /** Called after each delivery while the hub is being closed. */
  private onDelivered: (() => void) | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly settings: HubSettings,
  ) {
    this.dispatcher = new Dispatcher(settings.runtime, (mailbox) => this.deliver(mailbox));
    this.requests = new OpenRequests(settings.runtime);
    this.waitingRoom = new WaitingRoom(settings, ({ mailbox, message }, error) =>
      this.report(mailbox.agent, message, 'deadlock', error),
    );
  }

  get pending(): number {
    return this.requests.size;
  }

  /** Whether the message is in the mailbox; otherwise it waits for room. */
  post(envelope: Envelope): boolean {
    if (!envelope.mailbox.accept(envelope)) return false;
    this.dispatcher.add(envelope.mailbox);
    return true;
  }

  /** Resolves when a message that waits for room is in the mailbox. @param from the sender, where that is an agent */
  room(envelope: Envelope, signal: AbortSignal | undefined, from: Mailbox | undefined): Promise<void> {
    return this.waitingRoom.enter(envelope, signal, from);
  }

  /** Sends a request and resolves to its response. */
  ask(envelope: Envelope, timeoutMs: number, signal: AbortSignal | undefined): Promise<Message<unknown, 'response'>> {
    const answered = this.requests.add(envelope, {
      timeoutMs,
      signal,
      onTimeout: () => this.timeOut(envelope, timeoutMs),
      onAbort: (reason) => this.giveUp(envelope, reason),
    });
    this.post(envelope);
    return answered;
  }

  /** Settles the request that a message answers. */
  answer(response: Message<unknown, 'response'>): void {
    const request = response.replyTo === undefined ? undefined : this.requests.take(response.replyTo);
    if (request) {
      this.answers.responses += 1;
      request.resolve(response);
      return;
    }
    this.answers.unmatched += 1;
    this.report(response.to, response, 'no_request', new Error('no request waits for this response'));
  }

  /** Ends everything that has to do with an agent. */
  retire(mailbox: Mailbox, error: Error): void {
    this.reject(mailbox.discardWaiting(), 'unregistered', error);
    this.drop(mailbox.discardQueued(), 'unregistered', error);
    mailbox.current?.context.abort(error);
    for (const request of this.requests.takeAbout(mailbox.agent)) {
      request.reject(error);
      // A request of the agent itself is withdrawn, which is not a failure of whom it asked.
      if (request.envelope.mailbox === mailbox) {
        this.report(mailbox.agent, request.envelope.message, 'unregistered', error);
      }
      this.abandon(request.envelope, error);
    }
    if (mailbox.current) this.leaving.add(mailbox);
    else addCounts(this.retired, mailbox.counts);
  }

  /**
   * Waits until nothing is left to be delivered, and ends what is open then.
   * @throws HubCloseTimeoutError
   */
  async close(agents: ReadonlyMap<string, Mailbox>, timeoutMs: number): Promise<void> {
    const { emit, name } = this.settings;
    const mailboxes = () => [...agents.values(), ...this.leaving];
    emit?.('hub.closing', { agents: agents.size, ...loadOf(mailboxes()) });
    for (const mailbox of agents.values()) {
      const error = new HubClosedError(name, `a message to agent '${mailbox.agent}'`);
      this.reject(mailbox.discardWaiting(), 'closed', error);
    }
    const inTime = await this.settle(() => !mailboxes().some(isBusy), timeoutMs);
    const failure = inTime ? undefined : this.cutOff(mailboxes(), timeoutMs);
    this.dispatcher.stop();
    for (const { reject, envelope } of this.requests.takeAll()) {
      const error = new HubClosedError(name, `agent '${envelope.message.to}' answered a request`);
      reject(error);
      this.report(envelope.message.to, envelope.message, 'closed', error);
    }
    this.closed = true;
    const sum = { ...this.retired };
    for (const { counts } of mailboxes()) addCounts(sum, counts);
    const { delivered, failed, discarded } = sum;
    emit?.('hub.closed', { delivered, failed, discarded, ...failureOf(failure) });
    if (failure) throw failure;
  }

  /** Tells that something could not be delivered. */
  report(agent: string, message: Message, reason: Reason, error: unknown): void {
    const { from, id } = message;
    this.settings.emit?.('hub.error', { agent, from, message_id: id, reason, ...failureOf(error, true) });
  }

  private deliver(mailbox: Mailbox): void {
    const envelope = mailbox.take();
    if (!envelope) return;
    const context = new DeliveryContext(this.hub, mailbox.agent);
    mailbox.current = { envelope, context };
    try {
      const returned = envelope.run(mailbox.handler, envelope.message, context);
      if (isThenable(returned)) {
        Promise.resolve(returned).then(
          (value) => this.succeed(envelope, value),
          (error) => this.fail(envelope, context, error),
        );
        return;
      }
      this.succeed(envelope, returned);
    } catch (error) {
      this.fail(envelope, context, error);
    }
  }

  private succeed(envelope: Envelope, value: unknown): void {
    const { message, mailbox } = envelope;
    mailbox.counts.handled += 1;
    this.end(envelope);
    if (message.type !== 'request' || value === undefined) return;
    const { id, from, priority } = message;
    const draft = { from: mailbox.agent, to: from, data: value, replyTo: id, priority };
    this.answer(stamp(draft, 'response', this.settings.runtime));
  }

  private fail(envelope: Envelope, context: DeliveryContext, thrown: unknown): void {
    const { message, mailbox } = envelope;
    if (context.aborted) mailbox.counts.cancelled += 1;
    else mailbox.counts.failed += 1;
    this.end(envelope);
    if (context.aborted) return;
    const error = new HubHandlerError(this.settings.name, mailbox.agent, message.id, thrown);
    this.report(mailbox.agent, message, 'handler', error);
    if (message.type === 'request') this.requests.take(message.id)?.reject(error);
  }

  private end(envelope: Envelope): void {
    const { mailbox } = envelope;
    envelope.stage = 'gone';
    mailbox.current = undefined;
    mailbox.counts.inFlight -= 1;
    if (mailbox.counts.queued > 0) this.dispatcher.add(mailbox);
    if (this.leaving.size > 0 && this.leaving.delete(mailbox)) addCounts(this.retired, mailbox.counts);
    this.onDelivered?.();
  }

  private timeOut(envelope: Envelope, timeoutMs: number): void {
    const { message, mailbox, stage } = envelope;
    const error = new HubRequestTimeoutError(this.settings.name, mailbox.agent, timeoutMs, whereabouts[stage]);
    this.answers.timeouts += 1;
    this.report(mailbox.agent, message, 'timeout', error);
    this.giveUp(envelope, error);
  }

  /** Ends a request without an answer. */
  private giveUp(envelope: Envelope, reason: unknown): void {
    this.requests.take(envelope.message.id)?.reject(reason);
    this.abandon(envelope, reason);
  }

  /** Nobody waits any more for what comes of a message. */
  private abandon(envelope: Envelope, reason: unknown): void {
    const { mailbox, stage } = envelope;
    if (stage === 'waiting' || stage === 'queued') mailbox.discard(envelope);
    else if (mailbox.current?.envelope === envelope) mailbox.current.context.abort(reason);
    this.onDelivered?.();
  }

  /** Rejects messages that waited for room. */
  private reject(envelopes: readonly Envelope[], reason: Reason, error: Error): void {
    for (const { sender, message, mailbox } of envelopes) {
      this.report(mailbox.agent, message, reason, error);
      sender?.reject(error);
      if (!sender) this.requests.take(message.id)?.reject(error);
    }
  }

  /** Drops messages that had been accepted. */
  private drop(envelopes: readonly Envelope[], reason: Reason, error: Error): void {
    for (const { message, mailbox } of envelopes) {
      this.report(mailbox.agent, message, reason, error);
      if (message.type === 'request') this.requests.take(message.id)?.reject(error);
    }
  }

  /** Whether everything came to rest in time. */
  private settle(atRest: () => boolean, timeoutMs: number): Promise<boolean> {
    if (atRest()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (inTime: boolean) => {
        cancelTimer?.();
        this.onDelivered = undefined;
        resolve(inTime);
      };
      const { runtime } = this.settings;
      const cancelTimer = Number.isFinite(timeoutMs) ? runtime.setTimer(timeoutMs, () => finish(false)) : undefined;
      this.onDelivered = () => {
        if (atRest()) finish(true);
      };
    });
  }

  private cutOff(mailboxes: readonly Mailbox[], timeoutMs: number): HubCloseTimeoutError {
    const { name } = this.settings;
    const busy = mailboxes.filter(({ current }) => current).map(({ agent }) => agent);
    const { queued } = loadOf(mailboxes);
    const failure = new HubCloseTimeoutError(name, timeoutMs, busy, queued);
    for (const mailbox of mailboxes) {
      const error = new HubClosedError(name, `agent '${mailbox.agent}' handled a message`);
      this.drop(mailbox.discardQueued(), 'closed', error);
      mailbox.current?.context.abort(failure);
    }
    return failure;
  }
}

function isBusy({ counts }: Mailbox): boolean {
  return counts.queued > 0 || counts.inFlight > 0;
}

function loadOf(mailboxes: readonly Mailbox[]): { readonly queued: number; readonly in_flight: number } {
  let queued = 0;
  let in_flight = 0;
  for (const { counts } of mailboxes) {
    queued += counts.queued;
    in_flight += counts.inFlight;
  }
  return { queued, in_flight };
}
