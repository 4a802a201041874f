import type { Agent } from '../classify/agent.js';
import { probedAnswers } from '../classify/confidence/label-masses.js';
import type { Runtime } from '../foundation/runtime.js';
import { SingleFlight } from './answers-in-work.js';
import { failureMessage } from './failure-counts.js';
import { type ClassifiedReview, cachedReview, classifyReview, failedResult } from './judge-review.js';
import type { PlacedReview } from './placed-review.js';
import type { RecordedRun } from './recorded-run.js';
import type { Review, ReviewResult } from './review.js';
import type { OutcomeRecord, RecordedAnswer } from './run-store.js';

/** What a review processor works with. */
export interface ReviewProcessorOptions {
  readonly agent: Agent;
  readonly runtime: Runtime;
  /** Of the calibration; undefined where there is none. */
  readonly temperature: number | undefined;
  readonly run: RecordedRun | undefined;
  /** Told when outcomes cannot be kept any more: nothing further is to be asked. */
  readonly onStoreFailure: (error: unknown) => void;
}

/**
 * Judges reviews one by one: an answer that is there already is used, the same text is asked once, and what was asked is
 * recorded. The first ones are answered with probabilities wherever the agent may request them: they show whether the model
 * wants to answer with a label at all.
 */
export class ReviewProcessor {
  private readonly inWork: SingleFlight | undefined;
  /** Answers of which the label mass is known, or will be. */
  private probed = 0;
  private readonly asks = { begun: 0, ended: 0 };

  constructor(private readonly options: ReviewProcessorOptions) {
    const { run } = options;
    this.inWork = run && run.cache !== false ? new SingleFlight() : undefined;
  }

  /** The result of a review that was answered by an earlier session of this run; undefined of any other. */
  reuseOwn(placed: PlacedReview<Review>): ClassifiedReview | undefined {
    const { recalled } = placed;
    return recalled?.from === 'run' ? this.reuse(placed, recalled.answer) : undefined;
  }

  /**
   * The result of any other review.
   * @throws ReviewFailure; the signal's reason
   */
  async classify(placed: PlacedReview<Review>, signal: AbortSignal): Promise<ClassifiedReview> {
    const { key, recalled } = placed;
    if (recalled) {
      const judged = this.reuse(placed, recalled.answer);
      await this.record(placed, judged.result, recalled.answer);
      return judged;
    }
    if (key === null || !this.inWork) return this.ask(placed, signal);
    const claim = await this.inWork.claim(key, signal);
    if ('sentiment' in claim) {
      const judged = this.reuse(placed, claim);
      await this.record(placed, judged.result, claim);
      return judged;
    }
    let answer: RecordedAnswer | null = null;
    try {
      const judged = await this.ask(placed, signal);
      answer = judged.answer;
      return judged;
    } finally {
      claim.settle(answer);
    }
  }

  private reuse({ review }: PlacedReview<Review>, answer: RecordedAnswer): ClassifiedReview {
    const { agent, temperature } = this.options;
    if (answer.labelMass !== null) this.probed += 1;
    return cachedReview(review, agent, answer, temperature);
  }

  private async ask(placed: PlacedReview<Review>, signal: AbortSignal): Promise<ClassifiedReview> {
    const { agent, runtime, temperature } = this.options;
    const probabilities = this.probed < probedAnswers;
    this.probed += 1;
    const { asks } = this;
    let aloneAs: number | undefined;
    let hasBegun = false;
    const onBegin = () => {
      hasBegun = true;
      if (asks.begun === asks.ended) aloneAs = asks.begun + 1;
      asks.begun += 1;
    };
    let judged: ClassifiedReview;
    try {
      judged = await classifyReview(placed.review, agent, runtime, signal, { temperature, probabilities, onBegin });
      judged = { ...judged, isAlone: asks.begun === aloneAs };
    } catch (error) {
      if (!signal.aborted) {
        const failed = failedResult(placed.review, agent, 'failed', error);
        // Kept without the place and the answer: the same failure of many rows is one in `runs show`.
        await this.record(placed, { ...failed, error: failureMessage(error) ?? failed.error }, null);
      }
      throw error;
    } finally {
      if (hasBegun) asks.ended += 1;
    }
    await this.record(placed, judged.result, judged.answer);
    return judged;
  }

  /** Waits only where the store is behind. What was judged stays so, whatever becomes of the record. */
  private async record(
    placed: PlacedReview<Review>,
    result: ReviewResult,
    answer: RecordedAnswer | null,
  ): Promise<void> {
    const { run, onStoreFailure } = this.options;
    if (!run) return;
    try {
      await run.store.record(recordOf(placed, result, answer));
    } catch (error) {
      onStoreFailure(error);
    }
  }
}

function recordOf(
  { review, position, key }: PlacedReview<Review>,
  result: ReviewResult,
  answer: RecordedAnswer | null,
): OutcomeRecord {
  const { index, id, status, error_code: errorCode, error, attempts, duration_ms: durationMs, cached } = result;
  return {
    position,
    index,
    id,
    key,
    expected: review.expected ?? null,
    status: status === 'ok' || status === 'skipped' ? status : 'failed',
    answer,
    errorCode,
    error,
    attempts,
    durationMs,
    cached,
  };
}
