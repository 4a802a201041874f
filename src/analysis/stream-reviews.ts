import { linkAbort } from '../foundation/abort.js';
import { failureOf } from '../foundation/events/event.js';
import { createEmit, type Emit, guard, shareObserver } from '../foundation/events/observers.js';
import { type StreamOutcome, TaskError } from '../orchestration/parallel/parallel-errors.js';
import { streamParallel } from '../orchestration/parallel/stream-parallel.js';
import { lookUpReviews, type PlacedReview, placeReviews } from './cache-lookup.js';
import { type ClassifiedReview, failedReview } from './classify-review.js';
import { SizeLimit, sizeOf } from './prefetch.js';
import { isReusable, shownShares } from './reported-confidence.js';
import type { Review } from './review.js';
import { ReviewPipeline } from './review-pipeline.js';
import type { ReviewResult } from './review-result.js';
import { planRun, type RunPlan, type StreamReviewsOptions } from './run-plan.js';
import type { RecordedPrediction } from './run-store.js';
import { RunningSummary } from './running-summary.js';
import type { Summary } from './summary.js';

/** A result and its review. */
export interface ReviewOutcome<T extends Review> {
  readonly review: T;
  readonly result: ReviewResult;
  /** Label probabilities as the model gave them, in the agent's order, for calibration; null if they are not known. */
  readonly labelShares: readonly number[] | null;
}

/** A run over reviews: the outcomes in input order, and a summary of the outcomes so far. */
export interface ReviewStream<T extends Review> {
  readonly workers: number;
  readonly outcomes: AsyncIterable<ReviewOutcome<T>>;
  /** The summary, after the outcomes have been read. */
  summary(warnings?: readonly string[]): Summary;
}

/**
 * Analyses reviews with bounded workers. However the run ends, the outcomes of all started reviews come first, in input
 * order; then the stream ends, or throws what stopped it: the signal's reason, the first failure under fail-fast, an error
 * of the input or of the store, or a failure that every further review would have.
 * @throws InvalidOptionError for a calibration of another model, prompt or label set
 */
export function streamReviews<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  options: StreamReviewsOptions,
): ReviewStream<T> {
  return new ReviewRun(reviews, planRun(reviews, options));
}

class ReviewRun<T extends Review> implements ReviewStream<T> {
  readonly workers: number;
  readonly outcomes: AsyncIterable<ReviewOutcome<T>>;
  private readonly running: RunningSummary;
  private readonly startedAt: number;
  private readonly emit: Emit | undefined;
  private readonly onWarning: ((warning: string) => void) | undefined;
  private durationMs = 0;

  constructor(
    private readonly reviews: Iterable<T> | AsyncIterable<T>,
    private readonly plan: RunPlan,
  ) {
    const { runtime, onWarning } = plan.options;
    const observer = shareObserver(plan.options.observer);
    this.workers = plan.workers;
    this.running = new RunningSummary(plan);
    this.startedAt = runtime.now();
    this.emit = createEmit(observer, 'analyze', () => runtime.wallTime());
    this.onWarning = onWarning && guard(onWarning, 'onWarning');
    this.outcomes = this.iterate(observer);
  }

  summary(warnings: readonly string[] = []): Summary {
    const { options, agent } = this.plan;
    return this.running.finish(
      this.durationMs || options.runtime.now() - this.startedAt,
      warnings,
      agent.model.metrics?.(),
    );
  }

  /** The steps of a run in order: prefetch, cache lookup, single-flight, classification, input order, summary. */
  private async *iterate(observer: ReturnType<typeof shareObserver>): AsyncGenerator<ReviewOutcome<T>, void> {
    const { options } = this.plan;
    this.emitStart();
    let failure: { readonly error: unknown } | undefined;
    const halt = linkAbort(options.signal);
    const sizes = new SizeLimit();
    const pipeline = new ReviewPipeline(this.plan, (error) => halt.abort(error));
    try {
      const placed = this.prefetchAndLookUp(sizes);
      const inOrder = streamParallel(placed, (item, context) => pipeline.process(item, context), {
        concurrency: this.workers,
        failFast: options.failFast ?? false,
        signal: halt.signal,
        observer,
        runtime: options.runtime,
      });
      for await (const outcome of inOrder) {
        sizes.give(sizeOf(outcome.item.review));
        yield this.summarize(outcome);
      }
      this.running.endInput();
    } catch (caught) {
      const error = withoutPlace(caught);
      failure = { error };
      throw error;
    } finally {
      halt.release();
      sizes.end();
      this.durationMs = options.runtime.now() - this.startedAt;
      this.emitComplete(failure);
    }
  }

  private prefetchAndLookUp(sizes: SizeLimit) {
    const { agent, options } = this.plan;
    if (!options.run) return placeReviews(this.reviews, sizes);
    return lookUpReviews(this.reviews, sizes, {
      store: options.run.store,
      columns: agent.columns,
      isReusable: (prediction) => this.checkReusable(prediction),
      onUnknown: (texts) => agent.model.prefetch?.(texts),
    });
  }

  /** Counts a recorded prediction that cannot be reused. */
  private checkReusable(prediction: RecordedPrediction): boolean {
    const canReuse = isReusable(prediction, this.plan.agent);
    if (!canReuse) this.running.countUnusable();
    return canReuse;
  }

  private summarize(outcome: StreamOutcome<PlacedReview<T>, ClassifiedReview>): ReviewOutcome<T> {
    const { agent } = this.plan;
    const { review } = outcome.item;
    const isOk = outcome.status === 'ok';
    const classified = isOk ? outcome.value : failedReview(review, this.plan, outcome.status, outcome.error);
    const warning = this.running.add(review, classified, isOk ? undefined : outcome.error);
    if (warning !== undefined) this.onWarning?.(warning);
    const { result, prediction } = classified;
    return { review, result, labelShares: prediction && shownShares(prediction, agent) };
  }

  private emitStart(): void {
    const { agent, options, runId: run_id, total: items, workers } = this.plan;
    const { provider, name: model } = agent.model;
    this.emit?.('run.start', { run_id, provider, model, prompt: agent.promptId, items, workers });
    const resumed = options.run?.begun.resumed;
    if (!resumed) return;
    const { answered, failed, skipped } = resumed;
    this.emit?.('run.resume', { run_id, answered, failed, skipped });
  }

  private emitComplete(failure: { readonly error: unknown } | undefined): void {
    const { succeeded, failed, skipped, cancelled, not_started } = this.running.finish(this.durationMs, []);
    this.emit?.('run.complete', {
      run_id: this.plan.runId,
      succeeded,
      failed,
      skipped,
      cancelled,
      not_started,
      duration_ms: Math.round(this.durationMs),
      ...failureOf(failure?.error, failure !== undefined),
    });
  }
}

/** The error of a fail-fast run with the review as its item, not the review and its place in the input. */
function withoutPlace(error: unknown): unknown {
  if (!(error instanceof TaskError) || typeof error.item !== 'object' || error.item === null) return error;
  return 'review' in error.item ? new TaskError(error.index, error.item.review, error.error) : error;
}
