import type { Runtime } from '../../foundation/runtime.js';
import type { PoolHost } from './pool-host.js';

/** What the recovery of hosts needs from their pool. */
export interface RecoveryOptions {
  readonly hosts: readonly PoolHost[];
  /** How long all hosts may be down before nobody waits for them any more, in milliseconds. */
  readonly upTimeoutMs: number;
  readonly clock: Runtime;
  /** Looks at a host, and takes notice that it is up again; rejects where it is not. */
  readonly probe: (host: PoolHost) => Promise<void>;
  /** Told when waiting for the hosts is over. */
  readonly onGiveUp: () => void;
}

/**
 * Looks after hosts that are down, as long as somebody needs them: looks at each again after a pause that grows. Without
 * anybody there is no timer, so that a pool that is no longer used keeps no process alive.
 */
export class Recovery {
  private users = 0;
  /** When each host that is down is looked at again. */
  private readonly due = new Map<PoolHost, number>();
  private readonly timers = new Map<PoolHost | 'all', () => void>();
  private allDownSince: number | undefined;
  private waitedLongEnough = false;
  private stopped = false;

  constructor(private readonly options: RecoveryOptions) {}

  /** Somebody needs a host, until what this returns is called. */
  enter(): () => void {
    this.users += 1;
    if (this.users === 1) this.arm();
    return () => {
      this.users -= 1;
      if (this.users === 0) this.disarm();
    };
  }

  /** Whether all hosts have been down for so long that waiting is over. */
  get gaveUp(): boolean {
    const { clock, upTimeoutMs, hosts } = this.options;
    if (this.allDownSince === undefined) return false;
    if (hosts.every(({ excluded }) => excluded)) return true;
    // A timer may fire a little before its time.
    return this.waitedLongEnough || clock.now() - this.allDownSince >= upTimeoutMs;
  }

  /** Takes notice of hosts that went down, came up, or are not ready yet. */
  look(): void {
    const { hosts, clock } = this.options;
    // A host on trial has answered nothing yet.
    if (hosts.some(({ isWell }) => isWell)) {
      this.allDownSince = undefined;
      this.waitedLongEnough = false;
      this.cancel('all');
    } else {
      this.allDownSince ??= clock.now();
    }
    for (const host of hosts) {
      if (host.breaker.state !== 'open' || host.excluded) this.forget(host);
      else if (!this.due.has(host)) this.postpone(host);
    }
    if (this.users > 0) this.arm();
  }

  /** Ends all pauses for good. */
  stop(): void {
    this.stopped = true;
    this.disarm();
  }

  private postpone(host: PoolHost): void {
    const { clock } = this.options;
    this.due.set(host, clock.now() + host.breaker.pauseMs(clock.now(), clock.random()));
  }

  private forget(host: PoolHost): void {
    this.due.delete(host);
    this.cancel(host);
  }

  private arm(): void {
    const { upTimeoutMs, onGiveUp } = this.options;
    for (const [host, due] of this.due) {
      // Those who need it may come and go quicker than a timer.
      if (due <= this.options.clock.now()) void this.probe(host);
      else this.at(due, host, () => void this.probe(host));
    }
    if (this.allDownSince === undefined || this.gaveUp) return;
    this.at(this.allDownSince + upTimeoutMs, 'all', () => {
      this.waitedLongEnough = true;
      onGiveUp();
    });
  }

  private at(due: number, what: PoolHost | 'all', act: () => void): void {
    if (this.stopped || this.timers.has(what) || due === Number.POSITIVE_INFINITY) return;
    const { clock } = this.options;
    const cancel = clock.setTimer(due - clock.now(), () => {
      this.timers.delete(what);
      act();
    });
    this.timers.set(what, cancel);
  }

  private async probe(host: PoolHost): Promise<void> {
    if (this.stopped) return;
    // Meanwhile nobody else looks at it.
    this.due.set(host, Number.POSITIVE_INFINITY);
    try {
      await this.options.probe(host);
    } catch (error) {
      if (this.stopped || host.breaker.state !== 'open') return;
      host.goDown(error);
      if (!host.excluded) this.postpone(host);
      if (this.gaveUp) this.options.onGiveUp();
      if (this.users > 0) this.arm();
    }
  }

  private cancel(what: PoolHost | 'all'): void {
    this.timers.get(what)?.();
    this.timers.delete(what);
  }

  private disarm(): void {
    for (const what of [...this.timers.keys()]) this.cancel(what);
  }
}
