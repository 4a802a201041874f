import type { Gate } from '../../orchestration/parallel/gate.js';
import { WaitingLine } from './waiting-line.js';

/** Lets as many pieces of work in as the hosts have room for. */
export class PoolGate implements Gate {
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

  async enter(signal: AbortSignal): Promise<() => void> {
    const noNeed = this.need();
    try {
      const leave = await this.line.take(signal, () => this.admit());
      return () => {
        leave();
        noNeed();
      };
    } catch (error) {
      noNeed();
      throw error;
    }
  }

  /** To be called when there may be more room. */
  admitAll(): void {
    this.line.admitAll();
  }

  private admit(): (() => void) | undefined {
    if (this.inside >= this.room()) return undefined;
    this.inside += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.inside -= 1;
      this.line.admitAll();
    };
  }
}
