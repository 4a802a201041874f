/** Lets a bounded number of pieces of work run at once; the others wait for their turn, the first first. */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** @param free the number at once; Infinity for all */
  constructor(private free: number) {}

  get isFree(): boolean {
    return this.free > 0;
  }

  async take<R>(work: () => Promise<R>): Promise<R> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => void this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
