import type { Runtime } from '../../foundation/runtime.js';
import { TimeSlice } from '../time-slice.js';
import { LinkedQueue, type Mailbox } from './mailbox.js';

/** Deliveries until other promises get their turn. */
const perTurn = 256;
/** How long deliveries may keep timers and input waiting, in milliseconds: senders do not wait meanwhile. */
const sliceMs = 20;

/**
 * Lets the mailboxes that have something deliver in turn, one message each. It runs as a microtask, only while something
 * is to be delivered; endless traffic leaves room for timers and input anyway.
 */
export class Dispatcher {
  private readonly ready = new LinkedQueue<Mailbox>();
  private scheduled = false;
  private deliveries = 0;
  private readonly slice: TimeSlice;
  private cancelPause: (() => void) | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly deliver: (mailbox: Mailbox) => void,
  ) {
    this.slice = new TimeSlice(runtime, sliceMs);
  }

  /** Tells that a mailbox may have something to deliver. */
  add(mailbox: Mailbox): void {
    if (mailbox.isReady || mailbox.current) return;
    mailbox.isReady = true;
    this.ready.push(mailbox);
    if (!this.scheduled) this.schedule();
  }

  /** Ends a pause; nothing is delivered any more. */
  stop(): void {
    this.cancelPause?.();
    this.scheduled = true;
  }

  private schedule(): void {
    this.scheduled = true;
    void Promise.resolve().then(this.run);
  }

  private readonly run = (): void => {
    for (let mailbox = this.ready.shift(); mailbox; mailbox = this.ready.shift()) {
      mailbox.isReady = false;
      this.deliver(mailbox);
      this.deliveries += 1;
      if (this.slice.isOver()) {
        this.cancelPause = this.runtime.nextTurn(this.run);
        return;
      }
      if (this.deliveries % perTurn === 0) {
        this.schedule();
        return;
      }
    }
    this.scheduled = false;
  };
}
