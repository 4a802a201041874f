/** Successes after which one more is tried at the ceiling; doubled by each try that fails. After one that does not: `least`. */
const patience = { first: 50, least: 16, most: 200 };
/** What is left of the ceiling when a server goes on refusing. */
const backOff = 0.7;

/** A request that was refused. */
export interface Refused {
  /** When it was sent, and when it was refused, in milliseconds. */
  readonly sentAt: number;
  readonly refusedAt: number;
  /** What was in flight when it was refused, it included. */
  readonly inFlight: number;
}

/**
 * What a server that refuses (429, 503) is found to accept. It refused with k in flight, so it is given fewer than k; once
 * for what was sent together, and multiplicatively while it goes on refusing (D.-M. Chiu, R. Jain, "Analysis of the
 * Increase and Decrease Algorithms for Congestion Avoidance", 1989). After a quiet while it is tried with more.
 */
export class RefusalCeiling {
  /** The largest number in flight that it should get. */
  value = Number.POSITIVE_INFINITY;
  private patience = patience.first;
  private quiet = 0;
  private step = 1;
  private raised = false;
  private backedOffAt = Number.NEGATIVE_INFINITY;
  /** Half of what there was before the last back-off: what was sent together does not bring it lower. */
  private floor = 1;

  /** @param limit how many were let in flight */
  refused({ sentAt, refusedAt, inFlight }: Refused, limit: number): void {
    if (sentAt <= this.backedOffAt) {
      this.value = Math.max(this.floor, Math.min(this.value, inFlight - 1));
      return;
    }
    const again = this.quiet < this.value && Number.isFinite(this.value) && !this.raised;
    if (this.raised) this.patience = Math.min(patience.most, this.patience * 2);
    this.floor = Math.max(1, Math.floor(limit / 2));
    const accepted = Math.min(inFlight - 1, limit - 1, again ? Math.floor(this.value * backOff) : limit);
    this.value = Math.max(this.floor, accepted);
    this.backedOffAt = refusedAt;
    this.quiet = 0;
    this.step = 1;
    this.raised = false;
  }

  /**
   * @param wanted the limit, if there were no refusals
   * @returns whether the ceiling was raised
   */
  succeeded(wanted: number): boolean {
    this.quiet += 1;
    if (wanted <= this.value || this.quiet < this.patience) return false;
    if (this.raised) {
      this.patience = patience.least;
      this.step *= 2;
    }
    this.value += this.step;
    this.quiet = 0;
    this.raised = true;
    return true;
  }
}
