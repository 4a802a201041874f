import type { Agent, AttemptReason, ClassifyCall } from '../classify/agent.js';
import type { Prediction } from '../classify/prediction.js';
import {
  type CodedError,
  codeOf,
  type ErrorCode,
  messageOf,
  type SpellOption,
  spelledMessage,
} from '../foundation/errors/chorale-error.js';
import type { Runtime } from '../foundation/runtime.js';
import { oneLine } from '../foundation/text/message-text.js';
import { isBlank } from '../foundation/text/visible-text.js';
import { AnswerInvalidError, AnswerTruncatedError } from '../model/model-errors.js';
import { shownConfidence } from './reported-confidence.js';
import type { Review } from './review.js';
import type { ReviewResult } from './review-result.js';
import type { RecordedPrediction } from './run-store.js';

/** What of a run's plan decides the result of a review. */
interface ClassifyPlan {
  readonly agent: Agent;
  /** Of the calibration; undefined: the confidence is as the model gives it. */
  readonly temperature?: number | undefined;
  readonly options: { readonly runtime: Runtime; readonly spell?: SpellOption | undefined };
}

interface ClassifyOptions {
  /** Requests label probabilities also of an agent that does so on request only. @default false */
  readonly probabilities?: boolean;
  /** The worker that classifies it, for events. */
  readonly workerId?: number | undefined;
  /** Sends the requests in place of the model. */
  readonly sender?: ClassifyCall['sender'];
  /** Called when the first request is sent: waiting for the rate limit or for a server with room is over. */
  readonly onBegin?: () => void;
}

/** A classified review: the result, and what the result does not hold. */
export interface ClassifiedReview {
  readonly result: ReviewResult;
  /** As it is recorded: without a calibration. Null if there is none. */
  readonly prediction: RecordedPrediction | null;
  /** The text did not fit into the context window. */
  readonly isLong: boolean;
  /** Requests beyond the first one because of that. */
  readonly furtherRequests: number;
  /** No other review of the run was in flight at any moment of it. @default false */
  readonly isAlone?: boolean;
}

/** The failure of a review. Its code and message are those of the cause. */
export class ReviewFailure extends Error implements CodedError {
  readonly code: ErrorCode;
  constructor(
    override readonly cause: unknown,
    readonly attempts = 0,
    readonly durationMs = 0,
    readonly furtherRequests = 0,
  ) {
    super(messageOf(cause), { cause });
    this.name = 'ReviewFailure';
    this.code = codeOf(cause);
  }
}

/**
 * Classifies one review. Blank texts are skipped.
 * @throws ReviewFailure
 */
export async function classifyReview(
  review: Review,
  plan: ClassifyPlan,
  signal: AbortSignal,
  { probabilities = false, workerId, sender, onBegin }: ClassifyOptions = {},
): Promise<ClassifiedReview> {
  const { agent, options } = plan;
  const { runtime } = options;
  if (review.problem) throw new ReviewFailure(review.problem);
  if (review.text === null || isBlank(review.text)) {
    const result: ReviewResult = { ...emptyResult(review, agent), status: 'skipped' };
    return { result, prediction: null, isLong: false, furtherRequests: 0 };
  }
  let startedAt: number | undefined;
  const elapsedMs = () => (startedAt === undefined ? 0 : runtime.now() - startedAt);
  let attempts = 0;
  let furtherRequests = 0;
  let sends = 0;
  const onAttempt = (_: number, reason: AttemptReason) => {
    if (startedAt === undefined) {
      startedAt = runtime.now();
      onBegin?.();
    }
    attempts += 1;
    sends = 0;
    if (reason === 'long') furtherRequests += 1;
  };
  // An attempt that a pool sends to several servers counts as several.
  const onSend = () => {
    sends += 1;
    if (sends > 1) attempts += 1;
  };
  try {
    const call = { signal, item: review.id, workerId, probabilities, sender, onAttempt, onSend };
    const { text, columns } = review;
    const predicted = await agent.classify(columns === undefined ? text : { text, columns }, call);
    const requested = agent.probabilities === 'always' || (probabilities && agent.probabilities === 'on request');
    const prediction = recordOf(predicted, furtherRequests, requested);
    const measured = { attempts, duration_ms: toMicroseconds(elapsedMs()), cached: false };
    const result = resultOf(review, plan, prediction, measured);
    return { result, prediction, isLong: prediction.isLong, furtherRequests };
  } catch (error) {
    throw new ReviewFailure(error, attempts, elapsedMs(), furtherRequests);
  }
}

/** A review with a recorded prediction: no request was made, so that nothing was measured. */
export function cachedReview(review: Review, plan: ClassifyPlan, prediction: RecordedPrediction): ClassifiedReview {
  const result = resultOf(review, plan, prediction, { attempts: 0, duration_ms: 0, cached: true });
  return { result, prediction, isLong: prediction.isLong, furtherRequests: 0 };
}

/** A review that failed or was cancelled. */
export function failedReview(
  review: Review,
  { agent, options }: ClassifyPlan,
  status: 'failed' | 'cancelled',
  error: unknown,
): ClassifiedReview {
  const failure = error instanceof ReviewFailure ? error : new ReviewFailure(error);
  const { code, attempts, durationMs, furtherRequests } = failure;
  const measured = { ...emptyResult(review, agent), attempts, duration_ms: toMicroseconds(durationMs), status };
  const result =
    status === 'failed' ? { ...measured, error_code: code, error: withAnswer(failure, options.spell) } : measured;
  return { result, prediction: null, isLong: code === 'CHORALE_PROMPT_TOO_LONG', furtherRequests };
}

function emptyResult(review: Review, agent: Agent): Omit<ReviewResult, 'status'> {
  return {
    index: review.index,
    id: review.id,
    sentiment: null,
    confidence: null,
    rationale: null,
    error_code: null,
    error: null,
    attempts: 0,
    duration_ms: 0,
    cached: false,
    provider: agent.model.provider,
    model: agent.model.name,
    prompt: agent.promptId,
    prompt_tokens: null,
    completion_tokens: null,
    ...(agent.fields === null ? {} : { fields: null }),
  };
}

function recordOf(prediction: Prediction, furtherRequests: number, requested: boolean): RecordedPrediction {
  return {
    label: prediction.label || null,
    confidence: prediction.confidence,
    labelShares: prediction.labelShares,
    labelMass: prediction.labelMass,
    probabilities: requested ? 'requested' : 'not requested',
    rationale: prediction.rationale,
    fields: prediction.fields,
    promptTokens: prediction.usage.promptTokens,
    completionTokens: prediction.usage.completionTokens,
    queueMs: prediction.queueMs,
    isLong: prediction.long !== undefined,
    furtherRequests,
  };
}

/** Field by field: with spreads it takes four times as long. */
function resultOf(
  review: Review,
  { agent, temperature }: ClassifyPlan,
  prediction: RecordedPrediction,
  { attempts, duration_ms, cached }: Pick<ReviewResult, 'attempts' | 'duration_ms' | 'cached'>,
): ReviewResult {
  const result: ReviewResult = {
    index: review.index,
    id: review.id,
    status: 'ok',
    sentiment: prediction.label,
    confidence: shownConfidence(prediction, agent, temperature),
    rationale: prediction.rationale,
    error_code: null,
    error: null,
    attempts,
    duration_ms,
    cached,
    provider: agent.model.provider,
    model: agent.model.name,
    prompt: agent.promptId,
    prompt_tokens: prediction.promptTokens,
    completion_tokens: prediction.completionTokens,
  };
  return agent.fields === null ? result : { ...result, fields: prediction.fields };
}

/** The message, with the beginning of a wrong answer: the results file holds the review anyway. */
function withAnswer({ cause }: ReviewFailure, spell: SpellOption | undefined): string {
  const message = spelledMessage(cause, spell);
  if (!(cause instanceof AnswerInvalidError || cause instanceof AnswerTruncatedError)) return message;
  const answer = oneLine(cause.answer, 100);
  return answer === '' ? message : `${message}: '${answer}'`;
}

function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
