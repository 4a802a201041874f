/** Successes after which one more is tried at the ceiling; doubled by each try that fails, up to a bound. */
const patience = { first: 50, most: 200 };
/** The factor for the ceiling when a server keeps rejecting. */
const backOff = 0.7;

/**
 * The number of requests that an overloaded server (429, 503) accepts: less than was in flight when it rejected one.
 * Lowered once for requests that were sent together, and multiplicatively while the server keeps rejecting (D.-M. Chiu,
 * R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance", 1989). After a quiet while one
 * more is tried.
 */
export class RejectionCeiling {
  /** The largest number in flight that the server should get. */
  value = Number.POSITIVE_INFINITY;
  private patience = patience.first;
  private quiet = 0;
  private raised = false;
  private backedOffAt = Number.NEGATIVE_INFINITY;
  private floor = 1;

  /** @param inFlight the number in flight at the rejection, without the rejected request */
  rejected(sentAt: number, now: number, inFlight: number, limit: number): void {
    if (sentAt <= this.backedOffAt) {
      this.value = Math.max(this.floor, Math.min(this.value, inFlight));
      return;
    }
    const again = this.quiet < this.value && Number.isFinite(this.value) && !this.raised;
    if (this.raised) this.patience = Math.min(patience.most, this.patience * 2);
    this.floor = Math.max(1, Math.floor(limit / 2));
    const accepted = Math.min(inFlight, limit - 1, again ? Math.floor(this.value * backOff) : limit);
    this.value = Math.max(this.floor, accepted);
    this.backedOffAt = now;
    this.quiet = 0;
    this.raised = false;
  }

  /**
   * @param wanted the limit without rejections
   * @returns whether the ceiling was raised
   */
  succeeded(wanted: number): boolean {
    this.quiet += 1;
    if (wanted <= this.value || this.quiet < this.patience) return false;
    this.value += 1;
    this.quiet = 0;
    this.raised = true;
    return true;
  }
}
