import type { JsonSchema, ModelRequest } from '../model.js';
import { type Dialect, fewAlternatives } from './dialect.js';
import { wrapperTokens, wrapSchema } from './object-schema.js';

/** Alternatives per token that the API gives at most, by path. */
const mostAlternatives = { chat: 20, completion: 5 };

/** A question as it is sent. */
export interface Question {
  /** Below the base URL. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The answer will be in an object. */
  readonly wrapped: boolean;
  /** Limit of the answer as it is sent, in tokens. */
  readonly tokens: number;
}

/** Puts a question into a dialect. */
export function questionOf(request: ModelRequest, model: string, dialect: Dialect): Question {
  const { input, options, schema } = request;
  const wrapped = dialect.has('object_schema') && schema !== undefined && schema.type !== 'object';
  const tokens = options.maxOutputTokens + (wrapped ? wrapperTokens : 0);
  const common = {
    model,
    stream: true,
    ...(dialect.has('no_stream_options') ? {} : { stream_options: { include_usage: true } }),
    [dialect.has('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens']: tokens,
    temperature: options.temperature,
    ...(dialect.has('no_seed') ? {} : { seed: options.seed }),
    ...(options.stopSequences.length > 0 ? { stop: options.stopSequences } : {}),
    ...(schema ? { response_format: formatOf(wrapped ? wrapSchema(schema) : schema) } : {}),
  };
  const wanted = dialect.has('no_logprobs') ? undefined : wantedAlternatives(request, dialect);
  if (input.kind === 'completion') {
    const logprobs = wanted === undefined ? {} : { logprobs: Math.min(wanted, mostAlternatives.completion) };
    return { path: '/completions', body: { ...common, prompt: input.prompt, ...logprobs }, wrapped, tokens };
  }
  const logprobs =
    wanted === undefined ? {} : { logprobs: true, top_logprobs: Math.min(wanted, mostAlternatives.chat) };
  return { path: '/chat/completions', body: { ...common, messages: input.messages, ...logprobs }, wrapped, tokens };
}

function wantedAlternatives({ topLogprobs }: ModelRequest, dialect: Dialect): number | undefined {
  if (topLogprobs === undefined || !dialect.has('few_logprobs')) return topLogprobs;
  return Math.min(topLogprobs, fewAlternatives);
}

function formatOf(schema: JsonSchema) {
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
}
