import type { Runtime } from '../../foundation/runtime.js';
import { LinkedQueue, type Mailbox } from './mailbox.js';

/** Deliveries until other promises get their turn. */
const perTurn = 256;
/** How long deliveries may keep timers and input waiting, in milliseconds. */
const sliceMs = 20;

/**
 * Lets the mailboxes that have something deliver in turn, one message each. It runs as a microtask, only while something
 * is to be delivered; endless traffic leaves room for timers and input anyway.
 */
export class Dispatcher {
  private readonly ready = new LinkedQueue<Mailbox>();
  private scheduled = false;
  private deliveries = 0;
  private sliceStart: number;
  private cancelPause: (() => void) | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly deliver: (mailbox: Mailbox) => void,
  ) {
    this.sliceStart = runtime.now();
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
      if (this.deliveries % perTurn === 0) {
        this.giveWay();
        return;
      }
    }
    this.scheduled = false;
  };

  private giveWay(): void {
    if (this.runtime.now() - this.sliceStart < sliceMs) {
      this.schedule();
      return;
    }
    this.cancelPause = this.runtime.nextTurn(() => {
      this.sliceStart = this.runtime.now();
      this.run();
    });
  }
}
