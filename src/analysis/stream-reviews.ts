import type { Agent } from '../classify/agent.js';
import { type Calibration, type CalibrationTarget, isFor } from '../classify/calibration/calibration.js';
import { linkAbort } from '../foundation/abort.js';
import { codeOf, type ErrorCode } from '../foundation/errors/chorale-error.js';
import { InvalidOptionError } from '../foundation/errors/common-errors.js';
import { failureOf, type Observer } from '../foundation/events/event.js';
import { createEmit, guard, shareObserver } from '../foundation/events/observers.js';
import { nodeRuntime } from '../foundation/node-runtime.js';
import type { Runtime } from '../foundation/runtime.js';
import { TaskError } from '../orchestration/parallel/parallel-errors.js';
import { streamParallel } from '../orchestration/parallel/stream-parallel.js';
import { defaultWorkerCap, type TaskContext, workerCount } from '../orchestration/parallel/workers.js';
import type { TokenPrice } from './cost.js';
import { type ClassifiedReview, failedResult, lengthEffectOf, ReviewFailure } from './judge-review.js';
import { placeReviews } from './place-reviews.js';
import { isPlaced, type PlacedReview, sizeOf } from './placed-review.js';
import type { RecordedRun } from './recorded-run.js';
import type { Review, ReviewResult } from './review.js';
import { ReviewProcessor } from './review-processor.js';
import type { RecordedAnswer } from './run-store.js';
import { isUsable, shownShares } from './shown-confidence.js';
import { RunningSummary } from './summarize.js';
import type { Summary } from './summary.js';
import { UnansweredReviews } from './unanswered-reviews.js';
import { SizeLimit } from './weight-limit.js';

/** Failures that every further review would meet: a refused key is not sent thousands of times more. */
const endsRun: ReadonlySet<ErrorCode> = new Set(['CHORALE_MODEL_AUTH', 'CHORALE_MODEL_ADDRESS']);

/** Options of `streamReviews`. */
export interface StreamReviewsOptions {
  readonly agent: Agent;
  /** Exactly this many workers, but never more than reviews; 0 for what suits the model, or the automatic count. @default 0 */
  readonly workers?: number | undefined;
  /** Upper bound of the automatic count. @default 16 */
  readonly workerCap?: number | undefined;
  /** The first failure stops the run. @default false */
  readonly failFast?: boolean | undefined;
  /** Number of reviews, where it is known. @default the length of an array, else not known */
  readonly total?: number | undefined;
  /** Whether the reviews carry right labels, with which the answers are compared. @default false */
  readonly labelled?: boolean | undefined;
  /** What the model's tokens cost; the summary then tells the cost. @default not known */
  readonly price?: TokenPrice | undefined;
  /** Makes the confidence: one that was fitted for this model, prompt and labels. Labels stay. @default none */
  readonly calibration?: Calibration | undefined;
  /** Name of the run in events and summary. @default that of `run`, else '' */
  readonly runId?: string | undefined;
  /** Where the outcomes are kept. What is there already is not asked again. @default nowhere */
  readonly run?: RecordedRun | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each review that is done, in the order in which they are, with their number. One that throws is dropped. */
  readonly onProgress?: ((completed: number, latest: ReviewResult) => void) | undefined;
  /** Told of what makes the answers doubtful, as soon as it is known; the summary has it too. One that throws is dropped. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** How often each label was answered by an earlier run over the same rows: a run with other answers is warned of. */
  readonly reference?: ReadonlyMap<string, number> | undefined;
  /** Receives the events of the run and of its workers. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  readonly runtime?: Runtime | undefined;
}

/** One result, with the review that it belongs to. */
export interface ReviewOutcome<T extends Review> {
  readonly review: T;
  readonly result: ReviewResult;
  /** Shares of the labels as the model gave them, in the agent's order, for calibration; null where they are not known. */
  readonly labelShares: readonly number[] | null;
}

/** A run over reviews: outcomes in input order as they become available, and what they come to so far. */
export interface ReviewStream<T extends Review> {
  readonly workers: number;
  readonly outcomes: AsyncIterable<ReviewOutcome<T>>;
  /** The summary, once the outcomes have been read. */
  summary(warnings?: readonly string[]): Summary;
}

/**
 * Analyses reviews with bounded workers. However the run ends, the outcomes of all started reviews come first, in input
 * order; then the stream ends, or throws what stopped it (the signal's reason, the first failure under fail-fast, what the
 * input threw, or a failure that every further review would meet: a refused key, a wrong address).
 * @throws InvalidOptionError for a calibration of something else
 */
export function streamReviews<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  options: StreamReviewsOptions,
): ReviewStream<T> {
  const { agent, runtime = nodeRuntime, failFast = false, run } = options;
  const { runId = run?.begun.runId ?? '' } = options;
  const { workerCap = defaultWorkerCap, labelled = false } = options;
  const temperature = temperatureOf(options.calibration, agent);
  const total = options.total ?? (Array.isArray(reviews) ? reviews.length : null);
  const workers = Math.max(
    1,
    workerCount(total ?? Number.POSITIVE_INFINITY, { maxWorkers: options.workers, workerCap }, runtime),
  );
  const observer = shareObserver(options.observer);
  const emit = createEmit(observer, 'analyze', () => runtime.wallTime());
  const { provider, name: model } = agent.model;
  const prompt = agent.promptId;
  const facts = {
    runId,
    provider,
    model,
    prompt,
    labels: agent.labels,
    workers,
    workerCap,
    total,
    labelled,
    price: options.price,
    temperature,
    long: agent.long,
    agent,
    reference: options.reference,
  };
  const running = new RunningSummary(facts);
  const startedAt = runtime.now();
  const onWarning = options.onWarning && guard(options.onWarning, 'onWarning');
  const onProgress = options.onProgress && guard(options.onProgress, 'onProgress');
  let completed = 0;
  let durationMs = 0;
  return {
    workers,
    outcomes: iterate(),
    summary: (warnings = []) =>
      running.finish(durationMs || runtime.now() - startedAt, warnings, agent.model.figures?.()),
  };

  async function* iterate(): AsyncGenerator<ReviewOutcome<T>, void> {
    emit?.('run.start', { run_id: runId, provider, model, prompt, items: total, workers });
    if (run?.begun.resumed) {
      const { answered, failed, skipped } = run.begun.resumed;
      emit?.('run.resume', { run_id: runId, answered, failed, skipped });
    }
    let failure: { readonly error: unknown } | undefined;
    const halt = linkAbort(options.signal);
    const weights = new SizeLimit();
    const unanswered = new UnansweredReviews(workers, runtime);
    const onStoreFailure = (error: unknown) => halt.abort(error);
    const processor = new ReviewProcessor({ agent, runtime, temperature, run, onStoreFailure });
    const process = (placed: PlacedReview<T>, context: TaskContext) => {
      // At once: a million of them must not wait for as many turns.
      const own = processor.reuseOwn(placed);
      if (!own) return classify(processor, placed, context, halt, unanswered);
      onProgress?.(++completed, own.result);
      return own;
    };
    const lookUp = run && {
      store: run.store,
      isUsable: (answer: RecordedAnswer) => isUsable(answer, agent) || running.rejectRecorded(),
      prefetch: (texts: readonly string[]) => agent.model.prefetch?.(texts),
    };
    const placed = placeReviews(reviews, weights, lookUp);
    try {
      const stream = streamParallel(placed, process, {
        concurrency: workers,
        failFast,
        signal: halt.signal,
        observer,
        runtime,
      });
      for await (const outcome of stream) {
        const { review } = outcome.item;
        weights.give(sizeOf(review));
        const { result, answer, length, isAlone }: ClassifiedReview =
          outcome.status === 'ok'
            ? outcome.value
            : {
                result: failedResult(review, agent, outcome.status, outcome.error),
                answer: null,
                length: lengthEffectOf(outcome.error),
              };
        const cause = outcome.status === 'ok' ? undefined : outcome.error;
        const warning = running.add(review, { result, answer, length, ...(isAlone ? { isAlone } : {}) }, cause);
        if (warning !== undefined) onWarning?.(warning);
        yield { review, result, labelShares: answer && shownShares(answer, agent) };
      }
      running.endInput();
    } catch (caught) {
      const error = ofTheReview(caught);
      failure = { error };
      throw error;
    } finally {
      halt.release();
      weights.end();
      durationMs = runtime.now() - startedAt;
      emit?.('run.complete', {
        run_id: runId,
        ...totals(),
        duration_ms: Math.round(durationMs),
        ...failureOf(failure?.error, failure !== undefined),
      });
    }
  }

  async function classify(
    processor: ReviewProcessor,
    placed: PlacedReview<T>,
    { signal }: TaskContext,
    halt: { abort(reason: unknown): void },
    unanswered: UnansweredReviews,
  ) {
    try {
      const judged = await processor.classify(placed, signal);
      unanswered.answered();
      onProgress?.(++completed, judged.result);
      return judged;
    } catch (error) {
      if (signal.aborted) throw error;
      onProgress?.(++completed, failedResult(placed.review, agent, 'failed', error));
      const cause = error instanceof ReviewFailure ? error.cause : error;
      const end = endsRun.has(codeOf(error)) ? cause : unanswered.failed(cause);
      if (end !== undefined) halt.abort(end);
      throw error;
    }
  }

  function totals() {
    const { succeeded, failed, skipped, cancelled, not_started } = running.finish(durationMs, []);
    return { succeeded, failed, skipped, cancelled, not_started };
  }
}

/** A failure under fail-fast names the review itself. */
function ofTheReview(error: unknown): unknown {
  if (!(error instanceof TaskError) || !isPlaced(error.item)) return error;
  return new TaskError(error.index, error.item.review, error.error);
}

/** What a calibration is for, when it is fitted or used with an agent. */
export function calibrationTarget({ model, promptId, labels }: Agent): CalibrationTarget {
  return { provider: model.provider, model: model.name, prompt: promptId, labels };
}

function temperatureOf(calibration: Calibration | undefined, agent: Agent): number | undefined {
  if (!calibration || isFor(calibration, calibrationTarget(agent))) return calibration?.temperature;
  const { provider, model, prompt, labels } = calibration;
  const given = `${provider} ${model}, ${prompt}, ${labels.join('/')}`;
  throw new InvalidOptionError('calibration', "one of the agent's own model, prompt and labels", given);
}
