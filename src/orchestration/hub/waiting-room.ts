import { onAbort } from '../../foundation/abort.js';
import { HubDeadlockError } from './hub-errors.js';
import type { HubSettings } from './hub-options.js';
import type { Envelope, Mailbox } from './mailbox.js';
import { DeadlockCycles } from './send-circles.js';

/** Where senders wait until their message is in the mailbox. */
export class WaitingRoom {
  private readonly circles: DeadlockCycles;

  constructor(
    private readonly settings: HubSettings,
    private readonly onDeadlock: (envelope: Envelope, error: HubDeadlockError) => void,
  ) {
    this.circles = new DeadlockCycles(settings.runtime, settings.requestTimeoutMs);
  }

  /**
   * Resolves when a message that waits for room is in the mailbox.
   * @param from the mailbox of its sender, where that is an agent
   */
  enter(envelope: Envelope, signal: AbortSignal | undefined, from: Mailbox | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const release = () => {
        unwatch();
        leaveCircles();
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
      const leaveCircles = this.circles.add(from, envelope, (agents) => this.breakCircle(envelope, agents));
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
