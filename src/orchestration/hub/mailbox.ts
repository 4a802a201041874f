import { createAbortController } from '../../foundation/abort.js';
import { AsyncContext } from '../../foundation/async-context.js';
import { createAgentCounts, type HandlerContext, type Hub } from './hub.js';
import { type Message, rankCount, rankOf } from './message.js';

/** An entry of a `LinkedQueue`; it is in at most one at a time. */
interface Linked<T> {
  next: T | undefined;
  previous: T | undefined;
}

/** First in, first out; anything may leave early. Every operation is O(1) and allocates nothing. */
export class LinkedQueue<T extends Linked<T>> {
  length = 0;
  private head: T | undefined;
  private tail: T | undefined;

  push(entry: T): void {
    entry.previous = this.tail;
    if (this.tail) this.tail.next = entry;
    else this.head = entry;
    this.tail = entry;
    this.length += 1;
  }

  shift(): T | undefined {
    const first = this.head;
    if (first) this.remove(first);
    return first;
  }

  /** Takes out an entry that stands in this queue. */
  remove(entry: T): void {
    const { next, previous } = entry;
    if (previous) previous.next = next;
    else this.head = next;
    if (next) next.previous = previous;
    else this.tail = previous;
    entry.next = undefined;
    entry.previous = undefined;
    this.length -= 1;
  }
}

/** A sender that waits until its message is in the mailbox. */
interface WaitingSender {
  resolve(): void;
  reject(reason: unknown): void;
}

/** A message on its way to one agent, and the asynchronous context of its sender: the handler runs in it, however late. */
export class Envelope extends AsyncContext implements Linked<Envelope> {
  next: Envelope | undefined;
  previous: Envelope | undefined;
  /** Where it is. `gone`: handled, or discarded. */
  stage: 'waiting' | 'queued' | 'in_flight' | 'gone' = 'waiting';
  /** Only while it waits for room. */
  sender: WaitingSender | undefined;
  readonly rank: number;

  constructor(
    readonly message: Message,
    readonly mailbox: Mailbox,
  ) {
    super();
    this.rank = rankOf(message.priority);
  }
}

type Lanes = readonly LinkedQueue<Envelope>[];

const createLanes = (): Lanes => Array.from({ length: rankCount }, () => new LinkedQueue<Envelope>());

/** The context of one delivery. Its signal is made when a handler asks for it: most never do. */
export class DeliveryContext implements HandlerContext {
  private controller: AbortController | undefined;
  private ended: { readonly reason: unknown } | undefined;

  constructor(
    readonly hub: Hub,
    readonly agent: string,
  ) {}

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = createAbortController();
      if (this.ended) this.controller.abort(this.ended.reason);
    }
    return this.controller.signal;
  }

  /** Whether the message need not be handled any more. */
  get aborted(): boolean {
    return this.ended !== undefined;
  }

  abort(reason: unknown): void {
    this.ended ??= { reason };
    this.controller?.abort(reason);
  }
}

/** One agent: its handler, the messages that it has not read, and those that wait for room. */
export class Mailbox implements Linked<Mailbox> {
  next: Mailbox | undefined;
  previous: Mailbox | undefined;
  /** Whether it is in the list of the dispatcher. */
  isReady = false;
  /** What its handler works on. */
  current: { readonly envelope: Envelope; readonly context: DeliveryContext } | undefined;
  readonly topics = new Set<string>();
  readonly counts = createAgentCounts();
  private readonly queued = createLanes();
  private readonly waiting = createLanes();

  constructor(
    readonly agent: string,
    readonly handler: (message: Message, context: DeliveryContext) => unknown,
    /** Unread messages that it has room for. */
    private readonly capacity: number,
  ) {}

  /** Whether the message is in the mailbox; otherwise it waits for room. */
  accept(envelope: Envelope): boolean {
    if (this.counts.queued < this.capacity) {
      this.enqueue(envelope);
      return true;
    }
    this.waiting[envelope.rank]?.push(envelope);
    this.counts.waiting += 1;
    return false;
  }

  /** The next message for the handler. */
  take(): Envelope | undefined {
    if (this.counts.queued === 0) return undefined;
    const envelope = firstOf(this.queued);
    if (!envelope) return undefined;
    envelope.stage = 'in_flight';
    this.counts.queued -= 1;
    this.counts.delivered += 1;
    this.counts.inFlight += 1;
    if (this.counts.waiting > 0) this.admit();
    return envelope;
  }

  /** Takes out a message that no handler has seen. */
  discard(envelope: Envelope): void {
    if (envelope.stage === 'queued') {
      this.queued[envelope.rank]?.remove(envelope);
      this.counts.queued -= 1;
      this.counts.discarded += 1;
    } else {
      this.waiting[envelope.rank]?.remove(envelope);
      this.counts.waiting -= 1;
    }
    envelope.stage = 'gone';
    this.admit();
  }

  /** Empties the mailbox: unread messages, in the order in which they would have been delivered. */
  discardQueued(): Envelope[] {
    return this.empty(this.queued);
  }

  /** Turns away the messages that wait for room. */
  discardWaiting(): Envelope[] {
    return this.empty(this.waiting);
  }

  private empty(lanes: Lanes): Envelope[] {
    const found: Envelope[] = [];
    for (let envelope = firstOf(lanes); envelope; envelope = firstOf(lanes)) {
      envelope.stage = 'gone';
      found.push(envelope);
    }
    if (lanes === this.waiting) this.counts.waiting -= found.length;
    else {
      this.counts.queued -= found.length;
      this.counts.discarded += found.length;
    }
    return found;
  }

  /** Lets those in that wait, as far as there is room. */
  private admit(): void {
    while (this.counts.waiting > 0 && this.counts.queued < this.capacity) {
      const envelope = firstOf(this.waiting);
      if (!envelope) return;
      this.counts.waiting -= 1;
      this.enqueue(envelope);
      envelope.sender?.resolve();
      envelope.sender = undefined;
    }
  }

  private enqueue(envelope: Envelope): void {
    envelope.stage = 'queued';
    this.queued[envelope.rank]?.push(envelope);
    this.counts.queued += 1;
    this.counts.sent += 1;
  }
}

/** Takes the first of the most urgent. */
function firstOf(lanes: Lanes): Envelope | undefined {
  for (const lane of lanes) {
    if (lane.length > 0) return lane.shift();
  }
  return undefined;
}
