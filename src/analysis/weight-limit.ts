/** Reviews that are read and not yet handed out may weigh this much together, in characters. */
const mostAtOnce = 48_000_000;

/** Keeps the memory of reviews in work within bounds, where they are long. A single one may weigh more. */
export class SizeLimit {
  private held = 0;
  private proceed: (() => void) | undefined;

  /** Takes one up. A promise means: await it before the next one is read. */
  take(weight: number): Promise<void> | undefined {
    this.held += weight;
    if (this.held <= mostAtOnce) return undefined;
    return new Promise((resolve) => {
      this.proceed = resolve;
    });
  }

  /** One was handed out. */
  give(weight: number): void {
    this.held -= weight;
    if (this.held > mostAtOnce) return;
    this.proceed?.();
    this.proceed = undefined;
  }

  /** Nobody waits any more. */
  end(): void {
    this.held = Number.NEGATIVE_INFINITY;
    this.proceed?.();
  }
}
