import type { Agent, AttemptReason } from '../classify/agent.js';
import type { Prediction } from '../classify/judgement.js';
import { type CodedError, codeOf, type ErrorCode, messageOf } from '../foundation/errors/chorale-error.js';
import type { Runtime } from '../foundation/runtime.js';
import { isBlank } from '../foundation/text/visible-text.js';
import { AnswerInvalidError, AnswerTruncatedError } from '../model/model-errors.js';
import type { Review, ReviewResult } from './review.js';
import type { RecordedAnswer } from './run-store.js';
import { shownConfidence } from './shown-confidence.js';

/** A judged review: the result, and what it does not hold. */
export interface ClassifiedReview {
  readonly result: ReviewResult;
  /** As it is kept: without a calibration. Null where there is none. */
  readonly answer: RecordedAnswer | null;
  /** What its length made necessary. */
  readonly length: LengthEffect;
  /** No other review of the run was asked about at any moment of it. @default false */
  readonly isAlone?: boolean;
}

/** What became of a review because of its length. */
export interface LengthEffect {
  /** It did not fit into the context. */
  readonly isLong: boolean;
  /** Questions beyond the first one that were asked because of that. */
  readonly furtherQuestions: number;
}

export const noLengthEffect: LengthEffect = { isLong: false, furtherQuestions: 0 };

/** A review that failed, with its result. Its code and message are those of the cause. */
export class ReviewFailure extends Error implements CodedError {
  readonly code: ErrorCode;
  constructor(
    override readonly cause: unknown,
    readonly attempts: number,
    readonly durationMs: number,
    readonly furtherQuestions = 0,
  ) {
    super(messageOf(cause), { cause });
    this.name = 'ReviewFailure';
    this.code = codeOf(cause);
  }
}

/** How one review is judged. */
export interface ClassifyOptions {
  /** Of the calibration; undefined: the confidence is as the model gives it. */
  readonly temperature?: number | undefined;
  /** Token probabilities are requested also by an agent that does so on request only. @default false */
  readonly probabilities?: boolean;
  /** Called when the first request is sent: waiting for the rate limit or for a server with room is over. */
  readonly onBegin?: () => void;
}

/**
 * Judges one review with an agent. Blank texts are skipped.
 * @throws ReviewFailure
 */
export async function classifyReview(
  review: Review,
  agent: Agent,
  runtime: Runtime,
  signal: AbortSignal,
  { temperature, probabilities = false, onBegin }: ClassifyOptions = {},
): Promise<ClassifiedReview> {
  if (review.problem) throw new ReviewFailure(review.problem, 0, 0);
  if (review.text === null || isBlank(review.text)) {
    const result: ReviewResult = { ...emptyResult(review, agent), status: 'skipped' };
    return { result, answer: null, length: noLengthEffect };
  }
  let startedAt: number | undefined;
  const elapsedMs = () => (startedAt === undefined ? 0 : runtime.now() - startedAt);
  let attempts = 0;
  let furtherQuestions = 0;
  let sends = 0;
  const onAttempt = (_: number, reason: AttemptReason) => {
    if (startedAt === undefined) {
      startedAt = runtime.now();
      onBegin?.();
    }
    attempts += 1;
    sends = 0;
    if (reason === 'long') furtherQuestions += 1;
  };
  // An attempt is one question; where several servers were asked, it is as many.
  const onSend = () => {
    sends += 1;
    if (sends > 1) attempts += 1;
  };
  try {
    const call = { signal, item: review.id, probabilities, onAttempt, onSend };
    const judgement = await agent.classify(review.text, call);
    const requested = agent.probabilities === 'always' || (probabilities && agent.probabilities === 'on request');
    const answer = answerOf(judgement, furtherQuestions, requested);
    const measured = { attempts, duration_ms: toMicroseconds(elapsedMs()), cached: false };
    return { result: resultOf(review, agent, answer, temperature, measured), answer, length: answer };
  } catch (error) {
    throw new ReviewFailure(error, attempts, elapsedMs(), furtherQuestions);
  }
}

/** A review whose answer is there already: nobody was asked, so that nothing was measured. */
export function cachedReview(
  review: Review,
  agent: Agent,
  answer: RecordedAnswer,
  temperature: number | undefined,
): ClassifiedReview {
  const result = resultOf(review, agent, answer, temperature, { attempts: 0, duration_ms: 0, cached: true });
  return { result, answer, length: { isLong: answer.isLong, furtherQuestions: 0 } };
}

/** The result of a review that failed or was cancelled. */
export function failedResult(
  review: Review,
  agent: Agent,
  status: 'failed' | 'cancelled',
  error: unknown,
): ReviewResult {
  const empty = emptyResult(review, agent);
  const failure = error instanceof ReviewFailure ? error : new ReviewFailure(error, 0, 0);
  const measured = { attempts: failure.attempts, duration_ms: toMicroseconds(failure.durationMs) };
  if (status === 'cancelled') return { ...empty, ...measured, status };
  return { ...empty, ...measured, status, error_code: failure.code, error: withAnswer(failure) };
}

/** What the length of a failed review did. */
export function lengthEffectOf(error: unknown): LengthEffect {
  if (!(error instanceof ReviewFailure)) return noLengthEffect;
  return { isLong: error.code === 'CHORALE_PROMPT_TOO_LONG', furtherQuestions: error.furtherQuestions };
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
  };
}

function answerOf(judgement: Prediction, furtherQuestions: number, requested: boolean): RecordedAnswer {
  return {
    sentiment: judgement.label,
    confidence: judgement.confidence,
    labelShares: judgement.labelShares,
    labelMass: judgement.labelMass,
    probabilities: requested ? 'requested' : 'not requested',
    rationale: judgement.rationale,
    promptTokens: judgement.usage.promptTokens,
    completionTokens: judgement.usage.completionTokens,
    queueMs: judgement.queueMs,
    isLong: judgement.long !== undefined,
    furtherQuestions,
  };
}

/** Field by field: with spreads it takes four times as long. */
function resultOf(
  review: Review,
  agent: Agent,
  answer: RecordedAnswer,
  temperature: number | undefined,
  { attempts, duration_ms, cached }: Pick<ReviewResult, 'attempts' | 'duration_ms' | 'cached'>,
): ReviewResult {
  return {
    index: review.index,
    id: review.id,
    status: 'ok',
    sentiment: answer.sentiment,
    confidence: shownConfidence(answer, agent, temperature),
    rationale: answer.rationale,
    error_code: null,
    error: null,
    attempts,
    duration_ms,
    cached,
    provider: agent.model.provider,
    model: agent.model.name,
    prompt: agent.promptId,
    prompt_tokens: answer.promptTokens,
    completion_tokens: answer.completionTokens,
  };
}

/** The message, with the beginning of a wrong answer: the results file holds the review anyway. */
function withAnswer(failure: ReviewFailure): string {
  const { cause } = failure;
  if (!(cause instanceof AnswerInvalidError || cause instanceof AnswerTruncatedError)) return failure.message;
  const answer = cause.answer.replace(/\s+/g, ' ').trim();
  return answer === '' ? failure.message : `${failure.message}: '${answer.slice(0, 100)}'`;
}

function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
