import type { ReviewResult } from '../../analysis/review.js';
import { guard } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';

/** How far a whole experiment is. */
export interface GridProgress {
  /** Rows of all variants and repeats that are done. */
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  /** Of those that are done: nobody was asked. */
  readonly reused: number;
  readonly elapsedMs: number;
  /** What is being asked now. */
  readonly variant: string;
  /** 1-based. */
  readonly repeat: number;
}

/** Counts what is done over all variants and repeats, and tells it. */
export class GridCounter {
  private done = 0;
  private failed = 0;
  private reused = 0;
  private variant = '';
  private repeat = 1;
  private readonly startedAt: number;
  private readonly tell: ((progress: GridProgress) => void) | undefined;

  constructor(
    private total: number,
    private readonly runtime: Runtime,
    onProgress: ((progress: GridProgress) => void) | undefined,
  ) {
    this.startedAt = runtime.now();
    this.tell = onProgress && guard(onProgress, 'onProgress');
  }

  begin(variant: string, repeat: number): void {
    this.variant = variant;
    this.repeat = repeat;
  }

  add({ status, cached }: ReviewResult): void {
    this.done += 1;
    if (status === 'failed') this.failed += 1;
    if (cached) this.reused += 1;
    const { done, total, failed, reused, variant, repeat } = this;
    this.tell?.({ done, total, failed, reused, elapsedMs: this.runtime.now() - this.startedAt, variant, repeat });
  }

  /** So many rows will never be asked. */
  drop(rows: number): void {
    this.total -= rows;
  }
}
