import type { Agent, Judgement } from '../agent/index.js';
import type { Host } from '../concurrency/index.js';
import {
  AnswerInvalidError,
  AnswerTruncatedError,
  type CodedError,
  codeOf,
  type ErrorCode,
  messageOf,
} from '../errors/index.js';
import type { Review, ReviewResult } from './review.js';

/** A judged review: the result, and the queue time that the server told. */
export interface JudgedReview {
  readonly result: ReviewResult;
  readonly queueMs: number | null;
}

/** A review that failed, with its result. Its code and message are those of the cause. */
export class ReviewFailure extends Error implements CodedError {
  readonly code: ErrorCode;
  constructor(
    override readonly cause: unknown,
    readonly attempts: number,
    readonly durationMs: number,
  ) {
    super(messageOf(cause), { cause });
    this.name = 'ReviewFailure';
    this.code = codeOf(cause);
  }
}

/**
 * Judges one review with an agent. Blank texts are skipped.
 * @throws ReviewFailure
 */
export async function judgeReview(
  review: Review,
  agent: Agent,
  host: Host,
  signal: AbortSignal,
): Promise<JudgedReview> {
  if (review.problem) {
    agent.forgo();
    throw new ReviewFailure(review.problem, 0, 0);
  }
  if (review.text === null || review.text.trim() === '') {
    agent.forgo();
    return { result: { ...emptyResult(review, agent), status: 'skipped' }, queueMs: null };
  }
  const startedAt = host.now();
  let attempts = 0;
  let sends = 0;
  const onAttempt = () => {
    attempts += 1;
    sends = 0;
  };
  // An attempt is one question; where several servers were asked, it is as many.
  const onSend = () => {
    sends += 1;
    if (sends > 1) attempts += 1;
  };
  try {
    const judgement = await agent.judge(review.text, { signal, item: review.id, onAttempt, onSend });
    const durationMs = host.now() - startedAt;
    return { result: resultOf(review, agent, judgement, attempts, durationMs), queueMs: judgement.queueMs };
  } catch (error) {
    throw new ReviewFailure(error, attempts, host.now() - startedAt);
  }
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

function resultOf(
  review: Review,
  agent: Agent,
  judgement: Judgement,
  attempts: number,
  durationMs: number,
): ReviewResult {
  return {
    ...emptyResult(review, agent),
    status: 'ok',
    sentiment: judgement.label,
    confidence: judgement.confidence,
    rationale: judgement.rationale,
    attempts,
    duration_ms: toMicroseconds(durationMs),
    prompt_tokens: judgement.usage.promptTokens,
    completion_tokens: judgement.usage.completionTokens,
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
