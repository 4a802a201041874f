import type { Runtime } from '../../foundation/runtime.js';
import type { OpenWork } from './open-work.js';

/** A request that is out this many times as long as usual, and this many milliseconds, is probably lost. */
const patience = { times: 20, leastMs: 1_000 };

/**
 * Watches for requests that hang. Those that others have overtaken are not counted as in flight, so that a server does
 * not stand idle because of them; where nothing comes back at all, one more request is let through.
 */
export class LostWork {
  /** Number of requests that are out and should not be counted. */
  count = 0;
  /** Why there are more or fewer of them than before, in words. */
  reason = '';
  private stopTimer: (() => void) | undefined;

  /** @param onChange told when `count` has changed while nothing was sent or came back */
  constructor(
    private readonly open: OpenWork,
    private readonly runtime: Runtime,
    private readonly onChange: () => void,
  ) {}

  /** To be called when something was sent. */
  watch(usualMs: number | undefined): void {
    const oldest = this.open.oldest;
    if (this.stopTimer || usualMs === undefined || !oldest) return;
    this.wait(oldest.at, usualMs);
  }

  /** To be called when something came back. */
  recount(usualMs: number | undefined): void {
    if (this.open.size === 0) {
      this.stopTimer?.();
      this.stopTimer = undefined;
    }
    if (this.count > 0 && usualMs !== undefined) this.look(usualMs);
  }

  private wait(sentAt: number, usualMs: number): void {
    const delayMs = Math.max(patience.leastMs / 10, sentAt + limitMs(usualMs) - this.runtime.now());
    this.stopTimer = this.runtime.setTimer(delayMs, () => {
      this.stopTimer = undefined;
      const before = this.count;
      this.look(usualMs);
      const next = this.open.firstAfter(this.runtime.now() - limitMs(usualMs));
      if (next !== undefined) this.wait(next, usualMs);
      if (this.count !== before) this.onChange();
    });
  }

  private look(usualMs: number): void {
    const now = this.runtime.now();
    const deadline = now - limitMs(usualMs);
    const late = this.open.sentUntil(deadline);
    const overtaken = this.open.overtakenUntil(deadline);
    const count = overtaken + (late > overtaken ? 1 : 0);
    if (count === this.count) return;
    const seconds = Math.round((now - (this.open.oldest?.at ?? now)) / 1_000);
    this.reason =
      count < this.count
        ? 'a request that was taken for lost has come back'
        : `nothing has come back for a request for ${seconds} s: it is not counted`;
    this.count = count;
  }
}

function limitMs(usualMs: number): number {
  return Math.max(patience.leastMs, patience.times * usualMs);
}
