import { probedAnswers } from '../classify/confidence/label-mass-warning.js';
import { guard } from '../foundation/events/observers.js';
import type { Model } from '../model/model.js';
import type { TaskContext } from '../orchestration/parallel/workers.js';
import { budgetedModel } from './budgeted-model.js';
import type { PlacedReview } from './cache-lookup.js';
import { type ClassifiedReview, cachedReview, classifyReview, failedReview, ReviewFailure } from './classify-review.js';
import { failureMessage } from './failure-counts.js';
import type { Review } from './review.js';
import type { ReviewResult } from './review-result.js';
import type { RunPlan } from './run-plan.js';
import type { OutcomeRecord, RecordedPrediction } from './run-store.js';
import { SingleFlight } from './single-flight.js';
import { StopConditions } from './stop-conditions.js';

/** Who processes a review, and what stops it. */
type Work = Pick<TaskContext, 'signal' | 'workerId'>;

/**
 * The way of one review through a run: reuse a cached prediction, or classify each different text once, and record the
 * outcome. The first requests include label probabilities if the agent supports them: their label mass shows whether the
 * model answers with a label at all.
 */
export class ReviewPipeline {
  private readonly singleFlight: SingleFlight | undefined;
  private readonly stopConditions: StopConditions;
  private readonly onProgress: ((completed: number, latest: ReviewResult) => void) | undefined;
  private readonly sender: Pick<Model, 'ask'> | undefined;
  private completed = 0;
  /** The number of predictions whose label mass is known or requested. */
  private probed = 0;
  private readonly requests = { begun: 0, ended: 0 };

  /** @param stop ends the run */
  constructor(
    private readonly plan: RunPlan,
    private readonly stop: (error: unknown) => void,
  ) {
    const { run, runtime, onProgress } = plan.options;
    this.singleFlight = run && run.cache !== false ? new SingleFlight() : undefined;
    this.stopConditions = new StopConditions(plan.workers, runtime);
    this.sender = plan.budget && budgetedModel(plan.agent.model, plan.budget);
    plan.budget?.listen(stop);
    this.onProgress = onProgress && guard(onProgress, 'onProgress');
  }

  /** @throws ReviewFailure; the signal's reason */
  process(placed: PlacedReview<Review>, work: Work): ClassifiedReview | Promise<ClassifiedReview> {
    if (placed.cached?.from !== 'run') return this.processNew(placed, work);
    // Synchronous: a million predictions of an earlier session must not take as many turns of the event loop.
    const own = this.reuse(placed, placed.cached.prediction);
    this.onProgress?.(++this.completed, own.result);
    return own;
  }

  private async processNew(placed: PlacedReview<Review>, work: Work): Promise<ClassifiedReview> {
    try {
      const classified = await this.predict(placed, work);
      this.stopConditions.answered();
      this.onProgress?.(++this.completed, classified.result);
      return classified;
    } catch (error) {
      if (work.signal.aborted) throw error;
      this.onProgress?.(++this.completed, failedReview(placed.review, this.plan, 'failed', error).result);
      const cause = error instanceof ReviewFailure ? error.cause : error;
      const reason = this.stopConditions.failed(cause);
      if (reason !== undefined) this.stop(reason);
      throw error;
    }
  }

  private predict(placed: PlacedReview<Review>, work: Work): Promise<ClassifiedReview> {
    const { key, cached } = placed;
    if (cached) return this.reuseAndRecord(placed, cached.prediction);
    const request = () => this.classify(placed, work);
    if (key === null || !this.singleFlight) return request();
    return this.singleFlight.run(key, work.signal, request, (prediction) => this.reuseAndRecord(placed, prediction));
  }

  private reuse({ review }: PlacedReview<Review>, prediction: RecordedPrediction): ClassifiedReview {
    if (prediction.labelMass !== null) this.probed += 1;
    return cachedReview(review, this.plan, prediction);
  }

  private async reuseAndRecord(placed: PlacedReview<Review>, prediction: RecordedPrediction) {
    const classified = this.reuse(placed, prediction);
    await this.record(placed, classified.result, prediction);
    return classified;
  }

  private async classify(placed: PlacedReview<Review>, { signal, workerId }: Work): Promise<ClassifiedReview> {
    const { plan, requests } = this;
    const probabilities = this.probed < probedAnswers;
    this.probed += 1;
    let hasBegun = false;
    let aloneAs: number | undefined;
    const onBegin = () => {
      hasBegun = true;
      if (requests.begun === requests.ended) aloneAs = requests.begun + 1;
      requests.begun += 1;
    };
    let classified: ClassifiedReview;
    try {
      const options = { probabilities, workerId, sender: this.sender, onBegin };
      const predicted = await classifyReview(placed.review, plan, signal, options);
      classified = { ...predicted, isAlone: requests.begun === aloneAs };
    } catch (error) {
      if (!signal.aborted) {
        const { result } = failedReview(placed.review, plan, 'failed', error);
        // Recorded without row and answer: the archive then groups equal failures of many rows.
        await this.record(
          placed,
          { ...result, error: failureMessage(error, plan.options.spell) ?? result.error },
          null,
        );
      }
      throw error;
    } finally {
      if (hasBegun) requests.ended += 1;
    }
    await this.record(placed, classified.result, classified.prediction);
    return classified;
  }

  /** Waits only if the store is behind. A failure of the store ends the run; the review keeps its result. */
  private async record(
    { review, position, key }: PlacedReview<Review>,
    { index, id, status, error_code: errorCode, error, attempts, duration_ms: durationMs, cached }: ReviewResult,
    prediction: RecordedPrediction | null,
  ): Promise<void> {
    const { run } = this.plan.options;
    if (!run) return;
    const outcome: OutcomeRecord = {
      position,
      index,
      id,
      key,
      expected: review.expected ?? null,
      status: status === 'ok' || status === 'skipped' ? status : 'failed',
      prediction,
      errorCode,
      error,
      attempts,
      durationMs,
      cached,
    };
    try {
      await run.store.record(outcome);
    } catch (storeError) {
      this.stop(storeError);
    }
  }
}
