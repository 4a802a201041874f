import { onAbort } from '../../foundation/abort.js';
import type { Runtime } from '../../foundation/runtime.js';
import { HubDeadlockError } from './hub-errors.js';
import type { HubSettings } from './hub-options.js';
import type { Envelope, Mailbox } from './mailbox.js';

/** A handler's message that waits for room in a mailbox. */
interface HandlerWait {
  /** Whose handler sent it. */
  readonly sender: Mailbox;
  readonly envelope: Envelope;
  /** The message that the handler works on: the wait ends with it. */
  readonly delivery: Mailbox['current'];
}

/**
 * Finds handlers that wait for one another: each for room in the mailbox of the next, none of which is read before its
 * handler has ended. The hub cannot see whether a handler awaits its `send`, so only a cycle that lasts is taken for one.
 */
class DeadlockCycles {
  private readonly waits = new WeakMap<Mailbox, Set<HandlerWait>>();

  constructor(
    private readonly runtime: Runtime,
    /** How long a cycle must last, in milliseconds. */
    private readonly limitMs: number,
  ) {}

  /**
   * Watches a message that waits for room, where the handler of its sender runs.
   * @param onCircle receives the agents of a cycle that persists, beginning with the sender
   * @returns ends the watch; to be called when the message waits no longer
   */
  add(sender: Mailbox | undefined, envelope: Envelope, onCycle: (agents: readonly string[]) => void): () => void {
    if (!sender?.current || !Number.isFinite(this.limitMs)) return nothing;
    const wait: HandlerWait = { sender, envelope, delivery: sender.current };
    const waits = this.waitsOf(sender);
    waits.add(wait);
    this.waits.set(sender, waits);
    const cancel = this.observe(wait, onCycle);
    return () => {
      waits.delete(wait);
      cancel();
    };
  }

  /** The last wait of a cycle closes it, so it suffices that each wait checks for a cycle when it begins. */
  private observe(wait: HandlerWait, onCycle: (agents: readonly string[]) => void): () => void {
    const cycle = this.findCircle(wait);
    if (!cycle) return nothing;
    let cancel = this.runtime.setTimer(this.limitMs, () => {
      if (cycle.every(isOpen)) onCycle(cycle.map(({ sender }) => sender.agent));
      else cancel = this.observe(wait, onCycle);
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

/** Where senders wait until their message is in the mailbox. */
export class WaitingRoom {
  private readonly cycles: DeadlockCycles;

  constructor(
    private readonly settings: HubSettings,
    private readonly onDeadlock: (envelope: Envelope, error: HubDeadlockError) => void,
  ) {
    this.cycles = new DeadlockCycles(settings.runtime, settings.requestTimeoutMs);
  }

  /**
   * Resolves when a message that waits for room is in the mailbox.
   * @param from the mailbox of its sender, where that is an agent
   */
  enter(envelope: Envelope, signal: AbortSignal | undefined, from: Mailbox | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const release = () => {
        unwatch();
        endWatch();
      };
      envelope.sender = {
        resolve() {
          release();
          resolve();
        },
        reject(reason) {
          release();
          reject(reason);
        },
      };
      const endWatch = this.cycles.add(from, envelope, (agents) => this.breakCircle(envelope, agents));
      const unwatch = onAbort(signal, (reason) => turnAway(envelope, reason));
    });
  }

  private breakCircle(envelope: Envelope, agents: readonly string[]): void {
    const { name, requestTimeoutMs } = this.settings;
    const error = new HubDeadlockError(name, agents, requestTimeoutMs);
    this.onDeadlock(envelope, error);
    turnAway(envelope, error);
  }
}

/** Ends a message's wait for room. */
function turnAway(envelope: Envelope, reason: unknown): void {
  envelope.mailbox.discard(envelope);
  envelope.sender?.reject(reason);
}
