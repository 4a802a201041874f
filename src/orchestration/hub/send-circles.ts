import type { Runtime } from '../../foundation/runtime.js';
import type { Envelope, Mailbox } from './mailbox.js';

/** A handler's message that waits for room in a mailbox. */
interface HandlerWait {
  /** Whose handler sent it. */
  readonly sender: Mailbox;
  readonly envelope: Envelope;
  /** What the handler works on: when that is done, nobody is held up by this wait. */
  readonly delivery: Mailbox['current'];
}

/**
 * Finds handlers that wait for one another: each for room in the mailbox of the next, none of which is read before its
 * handler has ended. The hub cannot see whether a handler awaits its `send`, so only a circle that lasts is taken for one.
 */
export class DeadlockCycles {
  private readonly waits = new WeakMap<Mailbox, Set<HandlerWait>>();

  constructor(
    private readonly runtime: Runtime,
    /** How long a circle must last, in milliseconds. */
    private readonly limitMs: number,
  ) {}

  /**
   * Watches a message that waits for room, where the handler of its sender runs.
   * @param onCircle told the agents of a circle that lasted, beginning with the sender
   * @returns ends the watch; to be called when the message waits no longer
   */
  add(sender: Mailbox | undefined, envelope: Envelope, onCircle: (agents: readonly string[]) => void): () => void {
    if (!sender?.current || !Number.isFinite(this.limitMs)) return nothing;
    const wait: HandlerWait = { sender, envelope, delivery: sender.current };
    const waits = this.waitsOf(sender);
    waits.add(wait);
    this.waits.set(sender, waits);
    const cancel = this.observe(wait, onCircle);
    return () => {
      waits.delete(wait);
      cancel();
    };
  }

  /** The wait that closes a circle is the last one of it, so it is enough that each looks when it begins. */
  private observe(wait: HandlerWait, onCircle: (agents: readonly string[]) => void): () => void {
    const circle = this.findCircle(wait);
    if (!circle) return nothing;
    let cancel = this.runtime.setTimer(this.limitMs, () => {
      if (circle.every(isOpen)) onCircle(circle.map(({ sender }) => sender.agent));
      else cancel = this.observe(wait, onCircle);
    });
    return () => cancel();
  }

  /** The waits by which a handler waits for itself, the given one first. */
  private findCircle(first: HandlerWait): readonly HandlerWait[] | undefined {
    if (!isOpen(first)) return undefined;
    const cameBy = new Map([[first.envelope.mailbox, first]]);
    for (const mailbox of cameBy.keys()) {
      if (mailbox === first.sender) return wayBack(first, cameBy);
      for (const wait of this.waitsOf(mailbox)) {
        const { mailbox: next } = wait.envelope;
        if (isOpen(wait) && !cameBy.has(next)) cameBy.set(next, wait);
      }
    }
    return undefined;
  }

  private waitsOf(sender: Mailbox): Set<HandlerWait> {
    return this.waits.get(sender) ?? new Set();
  }
}

function wayBack(first: HandlerWait, cameBy: ReadonlyMap<Mailbox, HandlerWait>): readonly HandlerWait[] {
  const way: HandlerWait[] = [];
  for (let wait = cameBy.get(first.sender); wait; wait = cameBy.get(wait.sender)) {
    way.push(wait);
    if (wait === first) break;
  }
  return way.reverse();
}

function isOpen({ sender, envelope, delivery }: HandlerWait): boolean {
  return envelope.stage === 'waiting' && sender.current === delivery;
}

function nothing(): void {}
