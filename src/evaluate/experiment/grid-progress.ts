import type { ReviewResult } from '../../analysis/review-result.js';
import { guard } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';

/** Progress of a whole experiment. */
export interface GridProgress {
  /** Finished rows of all variants and repeats. */
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  /** Finished rows without a request. */
  readonly reused: number;
  readonly elapsedMs: number;
  /** The variant in progress. */
  readonly variant: string;
  /** 1-based. */
  readonly repeat: number;
}

/** Counts and reports the finished rows of all variants and repeats. */
export class GridCounter {
  private done = 0;
  private failed = 0;
  private reused = 0;
  private variant = '';
  private repeat = 1;
  private readonly startedAt: number;
  private readonly report: ((progress: GridProgress) => void) | undefined;

  constructor(
    private total: number,
    private readonly runtime: Runtime,
    onProgress: ((progress: GridProgress) => void) | undefined,
  ) {
    this.startedAt = runtime.now();
    this.report = onProgress && guard(onProgress, 'onProgress');
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
    this.report?.({ done, total, failed, reused, elapsedMs: this.runtime.now() - this.startedAt, variant, repeat });
  }

  /** Adds rows that will be requested. */
  plan(rows: number): void {
    this.total += rows;
  }

  /** Removes rows that will not be requested. */
  drop(rows: number): void {
    this.total -= rows;
  }
}
