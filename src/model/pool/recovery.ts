import { codeOf, isRetryable, renderRemedy } from '../../foundation/errors/chorale-error.js';
import type { Runtime } from '../../foundation/runtime.js';
import { ModelMissingError, ModelUnavailableError, pullRemedy } from '../model-errors.js';
import { failureProblem } from './circuit-breaker.js';
import type { UpstreamState } from './upstream.js';

/** What the recovery of hosts needs from their pool. */
interface RecoveryOptions {
  readonly hosts: readonly UpstreamState[];
  /** How long all hosts may be down before nobody waits for them any more, in milliseconds. */
  readonly upTimeoutMs: number;
  readonly clock: Runtime;
  /** Health check: marks a host as up again, and rejects where it is not. */
  readonly probe: (host: UpstreamState) => Promise<void>;
  /** Called when waiting for the hosts is over. */
  readonly onGiveUp: () => void;
}

/**
 * Health checks of hosts that are down, after pauses that grow, as long as somebody needs a host. Otherwise there is no
 * timer, so that a pool that is no longer used keeps no process alive.
 */
export class Recovery {
  private users = 0;
  /** When the next health check of each host that is down is due. */
  private readonly due = new Map<UpstreamState, number>();
  private readonly timers = new Map<UpstreamState | 'all', () => void>();
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

  /** To be called when hosts went down, came up, or are not ready yet. */
  update(): void {
    const { hosts, clock } = this.options;
    // A half-open host has answered nothing yet.
    if (hosts.some(({ isHealthy }) => isHealthy)) {
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

  private postpone(host: UpstreamState): void {
    const { clock } = this.options;
    this.due.set(host, clock.now() + host.breaker.pauseMs(clock.now(), clock.random()));
  }

  private forget(host: UpstreamState): void {
    this.due.delete(host);
    this.cancel(host);
  }

  private arm(): void {
    const { upTimeoutMs, onGiveUp } = this.options;
    for (const [host, due] of this.due) {
      // Callers may come and go quicker than a timer.
      if (due <= this.options.clock.now()) void this.probe(host);
      else this.at(due, host, () => void this.probe(host));
    }
    if (this.allDownSince === undefined || this.gaveUp) return;
    this.at(this.allDownSince + upTimeoutMs, 'all', () => {
      this.waitedLongEnough = true;
      onGiveUp();
    });
  }

  private at(due: number, what: UpstreamState | 'all', act: () => void): void {
    if (this.stopped || this.timers.has(what) || due === Number.POSITIVE_INFINITY) return;
    const { clock } = this.options;
    const cancel = clock.setTimer(due - clock.now(), () => {
      this.timers.delete(what);
      act();
    });
    this.timers.set(what, cancel);
  }

  private async probe(host: UpstreamState): Promise<void> {
    if (this.stopped) return;
    // Meanwhile there is no other health check of it.
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

  private cancel(what: UpstreamState | 'all'): void {
    this.timers.get(what)?.();
    this.timers.delete(what);
  }

  private disarm(): void {
    for (const what of [...this.timers.keys()]) this.cancel(what);
  }
}

/** A host that is down, and why. */
interface HostDown {
  readonly server: string;
  readonly failure: unknown;
}

/**
 * The one error for hosts all of which are down: that of a single host or of a common refusal as it is, else one that
 * names all.
 */
export function nobodyUp(hosts: readonly HostDown[]): unknown {
  const [first] = hosts;
  const servers = hosts.map(({ server }) => server).join(', ');
  const missing = hosts.flatMap(({ failure }) => (failure instanceof ModelMissingError ? [failure] : []));
  const [one] = missing;
  if (one && missing.length === hosts.length) {
    if (hosts.length === 1) return one;
    const pull = (hosts: readonly ModelMissingError[]) =>
      pullRemedy(
        one.model,
        hosts.map(({ host }) => host),
      );
    const isPull = renderRemedy(one.remedy) === renderRemedy(pull([one]));
    return new ModelMissingError(
      one.model,
      `each of ${servers}`,
      installedAnywhere(missing),
      isPull ? pull(missing) : one.remedy,
    );
  }
  const sameRefusal = hosts.every(({ failure }) => !isRetryable(failure) && codeOf(failure) === codeOf(first?.failure));
  if (hosts.length === 1 || sameRefusal) return first?.failure;
  const problems = hosts.map(({ server, failure }) => `${server}: ${failureProblem(failure)}`).join('; ');
  const down = hosts.map(({ failure }) => failure).find((failure) => failure instanceof ModelUnavailableError);
  return new ModelUnavailableError(servers, problems, { cause: first?.failure, remedy: down?.remedy });
}

function installedAnywhere(missing: readonly ModelMissingError[]): readonly string[] | null {
  if (missing.some(({ installed }) => installed === null)) return null;
  return [...new Set(missing.flatMap(({ installed }) => installed ?? []))].sort();
}
