import { WaitingLine } from './waiting-line.js';

/** Lets as many pieces of work in as the hosts have room for. */
export class PoolGate {
  private readonly line = new WaitingLine<() => void>();
  private inside = 0;

  /**
   * @param room how many pieces may be inside at once now
   * @param need called when somebody needs a host; what it returns is called when that is over
   */
  constructor(
    private readonly room: () => number,
    private readonly need: () => () => void,
  ) {}

  async admit<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    const noNeed = this.need();
    try {
      const leave = await this.line.take(signal, () => this.enter());
      return await work().finally(leave);
    } finally {
      noNeed();
    }
  }

  /** To be called when there may be more room. */
  admitAll(): void {
    this.line.admitAll();
  }

  private enter(): (() => void) | undefined {
    if (this.inside >= this.room()) return undefined;
    this.inside += 1;
    return () => {
      this.inside -= 1;
      this.line.admitAll();
    };
  }
}
