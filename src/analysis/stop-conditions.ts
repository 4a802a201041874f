import { codeOf, type ErrorCode } from '../foundation/errors/chorale-error.js';
import type { Runtime } from '../foundation/runtime.js';
import { ModelUnresponsiveError } from '../model/model-errors.js';

/** Failures that every further review would have. */
const fatal: ReadonlySet<ErrorCode> = new Set(['CHORALE_MODEL_AUTH', 'CHORALE_MODEL_ADDRESS']);

/** Failures of a review without any answer of the server. */
const unanswered: ReadonlySet<ErrorCode> = new Set(['CHORALE_ITEM_TIMEOUT', 'CHORALE_MODEL_UNAVAILABLE']);

/** The least time, and the least reviews in a row: two for each worker, since a blocked slot costs each worker one. */
const least = { ms: 10_000, reviewsPerWorker: 2, reviews: 3 };

/** Decides whether a failed review ends the run, because the further reviews would fail as well. */
export class StopConditions {
  private inARow = 0;
  private answeredAt: number;
  private readonly most: number;

  constructor(
    workers: number,
    private readonly runtime: Pick<Runtime, 'now'>,
  ) {
    this.most = Math.max(workers * least.reviewsPerWorker, least.reviews);
    this.answeredAt = runtime.now();
  }

  answered(): void {
    this.inARow = 0;
    this.answeredAt = this.runtime.now();
  }

  /** @returns the error that ends the run; undefined if the run continues */
  failed(error: unknown): unknown {
    if (fatal.has(codeOf(error))) return error;
    if (!unanswered.has(codeOf(error))) {
      this.answered();
      return undefined;
    }
    this.inARow += 1;
    const silentMs = this.runtime.now() - this.answeredAt;
    if (this.inARow < this.most || silentMs < least.ms) return undefined;
    return new ModelUnresponsiveError(silentMs, this.inARow, { cause: error });
  }
}
