import { deadline } from '../../foundation/abort.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Model } from '../model.js';

/** A host that has requests and says nothing. */
export interface Silence {
  /** Requests that it has. */
  readonly requests: number;
  readonly silentMs: number;
  /** Whether it still answers a health check; null if it supports none during its work. */
  readonly answers: boolean | null;
}

/** A silence is one after so long, or after so many times the longest one that ended well; and the health check's limit. */
const patience = { leastMs: 10_000, longest: 3, checkMs: 4_000 };

/**
 * Notices that a host has requests, and has said nothing for a while: no token, no answer, no failure. Tells once for each
 * silence. It takes nothing away: a slow first token is not a failure.
 */
export class SilenceDetector {
  private requests = 0;
  private signAt = 0;
  private longestMs = 0;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly model: Pick<Model, 'ping'>,
    private readonly clock: Runtime,
    private readonly onSilence: (silence: Silence) => void,
  ) {}

  sent(): void {
    this.requests += 1;
    if (this.requests === 1) this.begin();
  }

  /** It said something. */
  heard(): void {
    this.longestMs = Math.max(this.longestMs, this.clock.now() - this.signAt);
    if (this.requests > 0) this.begin();
  }

  /** A request is over. @param said whether the host ended it, and not the caller */
  ended(said: boolean): void {
    this.requests -= 1;
    if (this.requests === 0) this.stop();
    else if (said) this.heard();
  }

  private begin(): void {
    this.signAt = this.clock.now();
    if (!this.cancel) this.arm(this.limitMs);
  }

  private get limitMs(): number {
    return Math.max(patience.leastMs, patience.longest * this.longestMs);
  }

  private arm(delayMs: number): void {
    this.cancel = this.clock.setTimer(delayMs, () => {
      this.cancel = undefined;
      const restMs = this.signAt + this.limitMs - this.clock.now();
      // A timer may fire a little before its time.
      if (restMs < 1) void this.look();
      else this.arm(restMs);
    });
  }

  private stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private async look(): Promise<void> {
    const { signAt } = this;
    const answers = await this.ping();
    if (this.signAt !== signAt || this.requests === 0) return;
    this.onSilence({ requests: this.requests, silentMs: this.clock.now() - signAt, answers });
  }

  private async ping(): Promise<boolean | null> {
    if (!this.model.ping) return null;
    const limit = deadline(this.clock, patience.checkMs, () => new Error('no answer to a health check'));
    try {
      await this.model.ping({ signal: limit.signal });
      return true;
    } catch {
      return false;
    } finally {
      limit.release();
    }
  }
}
