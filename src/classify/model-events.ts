import type { EventData, Failure } from '../foundation/events/event.js';
import type { ModelAnswer } from '../model/model.js';
import type { TextRequest } from './long-texts/long-texts.js';

declare module '../foundation/events/event.js' {
  /** Events of the requests to a model. */
  interface EventData {
    'model.request': {
      readonly item: string;
      /** Of a parallel run. */
      readonly worker_id?: number;
      readonly attempt: number;
      /** How a text that does not fit is handled; `part` is 1-based, `kept` the share of it that is shown, 0 to 1. */
      readonly long?: string;
      readonly part?: number;
      readonly parts?: number;
      readonly kept?: number;
      readonly messages?: unknown;
    };
    'model.response': {
      readonly item: string;
      readonly worker_id?: number;
      readonly attempt: number;
      readonly duration_ms: number;
      readonly prompt_tokens?: number | null;
      readonly completion_tokens?: number | null;
      readonly queue_ms?: number | null;
      readonly first_token_ms?: number | null;
      readonly finish_reason?: string | null;
      /** The last one, where the pool tried several servers. */
      readonly server?: string;
      readonly text?: string;
    } & Failure;
    'model.retry': {
      readonly item: string;
      readonly worker_id?: number;
      readonly attempt: number;
      readonly delay_ms: number;
      /** Whether the server asked for a pause. */
      readonly server_asked: boolean;
      readonly error_type: string;
      readonly message: string;
    };
    'model.fallback': { readonly from: string; readonly to: string; readonly message: string };
  }
}

export function handlingData(handling: TextRequest['handling']) {
  if (!handling) return {};
  const { strategy, part, parts, kept } = handling;
  return { long: strategy, part, parts, kept: Math.round(kept * 1_000) / 1_000 };
}

/** Who asks about what. */
interface Asked {
  readonly item?: string;
  readonly workerId?: number | undefined;
}

export function itemData({ item = '', workerId }: Asked) {
  return workerId === undefined ? { item } : { item, worker_id: workerId };
}

type Answered = Omit<EventData['model.response'], keyof Failure>;
type ResponseData = { -readonly [Key in keyof Answered]: Answered[Key] };

export function responseData(
  asked: Asked,
  attempt: number,
  elapsedMs: number,
  answer: ModelAnswer | undefined,
  server: string | undefined,
  verbose: boolean,
): ResponseData {
  const data: ResponseData = { ...itemData(asked), attempt, duration_ms: Math.round(elapsedMs * 1_000) / 1_000 };
  // One after the other: spreads of absent fields take longer than the rest of the event.
  if (server !== undefined) data.server = server;
  if (!answer) return data;
  data.prompt_tokens = answer.usage.promptTokens;
  data.completion_tokens = answer.usage.completionTokens;
  data.queue_ms = answer.durations.queueMs;
  data.first_token_ms = answer.durations.firstTokenMs;
  data.finish_reason = answer.finishReason;
  if (verbose) data.text = answer.text;
  return data;
}

/** All tokens of one request and its answer; null if the server does not count them. */
export function tokensOf(answer: ModelAnswer | undefined): number | null {
  const { promptTokens, completionTokens } = answer?.usage ?? {};
  return promptTokens == null ? null : promptTokens + (completionTokens ?? 0);
}
