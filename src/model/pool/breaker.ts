import type { HostVerdict } from './host-failure.js';

/** Pause before a host that has just gone down is looked at again, and the longest one, in milliseconds. */
const pauses = { shortest: 500, longest: 30_000 };

/** A pause is this part of the time that the trouble has lasted. */
const share = 1 / 4;

/**
 * Keeps questions from a host that is down. `closed`: it is asked. `open`: it is not. `trial`: it looks well again and gets
 * one question at a time; an answer closes the breaker, a failure opens it.
 */
export class CircuitBreaker {
  state: 'closed' | 'open' | 'trial' = 'closed';
  private failures = 0;
  /** When the trouble began that no answer has ended yet, in milliseconds. */
  private troubleSince: number | undefined;

  /** @param threshold failures in a row after which it opens; one that is certain is enough */
  constructor(private readonly threshold: number) {}

  /** Takes notice of an answer, or of a failure that proves the host alive. */
  succeed(): void {
    if (this.state === 'open') return;
    this.state = 'closed';
    this.failures = 0;
    this.troubleSince = undefined;
  }

  /** Takes notice of a failure, and says whether the breaker should open now. */
  shouldOpen(verdict: HostVerdict): boolean {
    if (verdict === 'alive') this.succeed();
    if (verdict === 'suspect') return this.state === 'trial';
    if (verdict === 'alive' || verdict === 'unclear') return false;
    return this.countFailure(verdict !== 'failing');
  }

  /** Takes notice that a failure was the host's: another one has answered the question. */
  blame(): boolean {
    return this.countFailure(false);
  }

  private countFailure(isCertain: boolean): boolean {
    this.failures += 1;
    return this.state !== 'open' && (isCertain || this.state === 'trial' || this.failures >= this.threshold);
  }

  open(now: number): void {
    this.state = 'open';
    this.troubleSince ??= now;
  }

  halfOpen(): void {
    this.state = 'trial';
  }

  /**
   * Pause until the host is looked at again, in milliseconds. It grows with the time that the trouble has lasted, so that
   * a host loses at most about a quarter of it; half of it is chance, so that hosts do not come in step.
   */
  pauseMs(now: number, random: number): number {
    const bound = Math.min(pauses.longest, Math.max(pauses.shortest, (now - (this.troubleSince ?? now)) * share));
    return bound * (0.5 + random / 2);
  }
}
