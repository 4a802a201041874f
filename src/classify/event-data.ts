import type { ModelAnswer } from '../model/model.js';
import type { LongQuestion } from './long-texts/long-texts.js';

/** What `model.request` says of a text that does not fit. */
export function handlingData(handling: LongQuestion['handling']) {
  if (!handling) return {};
  const { strategy, part, parts, kept } = handling;
  return { long: strategy, part, parts, kept: Math.round(kept * 1_000) / 1_000 };
}

/** What `model.response` says, but for how it ended. */
export function responseData(
  item: string,
  attempt: number,
  elapsedMs: number,
  answer: ModelAnswer | undefined,
  server: string | undefined,
  verbose: boolean,
) {
  const from = server === undefined ? {} : { server };
  const base = { item, attempt, duration_ms: Math.round(elapsedMs * 1_000) / 1_000, ...from };
  if (!answer) return base;
  return {
    ...base,
    prompt_tokens: answer.usage.promptTokens,
    completion_tokens: answer.usage.completionTokens,
    queue_ms: answer.durations.queueMs,
    finish_reason: answer.finishReason,
    ...(verbose ? { text: answer.text } : {}),
  };
}

/** All tokens of one question and its answer; null where the server does not tell. */
export function tokensOf(answer: ModelAnswer | undefined): number | null {
  const { promptTokens, completionTokens } = answer?.usage ?? {};
  return promptTokens == null ? null : promptTokens + (completionTokens ?? 0);
}
