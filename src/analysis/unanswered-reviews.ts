import { codeOf, type ErrorCode } from '../foundation/errors/chorale-error.js';
import type { Runtime } from '../foundation/runtime.js';
import { ModelUnresponsiveError } from '../model/model-errors.js';

/** Failures of a review to which nobody answered anything. */
const silent: ReadonlySet<ErrorCode> = new Set(['CHORALE_ITEM_TIMEOUT', 'CHORALE_MODEL_UNAVAILABLE']);

/**
 * Without an answer for so long, and for as many reviews in a row: for each worker one more than the one with which a
 * server that is stuck in part may have blocked it.
 */
const least = { ms: 10_000, reviewsPerWorker: 2, reviews: 3 };

/**
 * Notices that a run gets no answers any more: its further reviews would each wait for their whole time, and fail. Any
 * other failure is an answer of the server.
 */
export class UnansweredReviews {
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

  /**
   * Takes notice of a failed review.
   * @returns why the run ends now; undefined where it goes on
   */
  failed(error: unknown): ModelUnresponsiveError | undefined {
    if (!silent.has(codeOf(error))) {
      this.answered();
      return undefined;
    }
    this.inARow += 1;
    const silentMs = this.runtime.now() - this.answeredAt;
    if (this.inARow < this.most || silentMs < least.ms) return undefined;
    return new ModelUnresponsiveError(silentMs, this.inARow, { cause: error });
  }
}
