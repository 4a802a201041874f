import type { GridProgress } from './grid-progress.js';

/** Adds up what is done over all prompts. */
export class SearchProgress {
  private before = { done: 0, failed: 0, reused: 0, elapsedMs: 0 };
  private latest = this.before;

  constructor(
    private readonly total: number,
    private readonly tell: ((progress: GridProgress) => void) | undefined,
  ) {}

  begin(variant: string): (progress: GridProgress) => void {
    this.before = this.latest;
    return ({ done, failed, reused, elapsedMs }) => {
      const { before, total } = this;
      this.latest = {
        done: before.done + done,
        failed: before.failed + failed,
        reused: before.reused + reused,
        elapsedMs: before.elapsedMs + elapsedMs,
      };
      this.tell?.({ ...this.latest, total, variant, repeat: 1 });
    };
  }
}
