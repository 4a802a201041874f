import type { ChoraleError } from '../../foundation/errors/chorale-error.js';
import type { Connections } from '../http/connections.js';
import type { Explanation } from '../http/explanation.js';
import type { HttpResponse } from '../http/http-response.js';
import { errorOfStatus } from '../http/status-errors.js';
import type { ModelRequest } from '../model.js';
import { ModelRejectedError, PromptTooLongError } from '../model-errors.js';
import { wrapperTokens, wrapSchema } from './logprobs.js';

/** Something in which a server, or a model on it, differs from the common form of the API. */
type Quirk =
  | 'max_completion_tokens'
  | 'object_schema'
  | 'loose_schema'
  | 'few_logprobs'
  | 'no_logprobs'
  | 'no_seed'
  | 'no_stream_options';

/** Alternatives per token that servers of a lower limit give. */
const fewAlternatives = 5;

/** What has been found out about a server and model so far. */
export type ApiDialect = ReadonlySet<Quirk>;

/** A rejection of one request. */
export interface ApiRejection extends Explanation {
  /** HTTP status. */
  readonly status: number;
}

/** What is left to try after a rejection of a request that was sent in a dialect: empty if it is final. */
export function quirksIn(rejection: ApiRejection, dialect: ApiDialect, request: ModelRequest): Quirk[] {
  const found: Quirk[] = [];
  if (rejection.status === 400 || rejection.status === 422) {
    // vLLM names both where the limit is too high.
    const wantsOther = /max_completion_tokens.* instead|unsupported.*max_completion_tokens/i.test(rejection.problem);
    if (mentions(rejection, 'max_tokens') && wantsOther) found.push('max_completion_tokens');
    if (request.schema && isAboutSchema(rejection)) {
      if (request.schema.type !== 'object') found.push('object_schema');
      else if (looseKeywords.test(JSON.stringify(request.schema))) found.push('loose_schema');
    }
    if (mentions(rejection, 'seed')) found.push('no_seed');
    if (mentions(rejection, 'stream_options')) found.push('no_stream_options');
  }
  // Reasoning models of OpenAI reject them with 403.
  const mayRejectLogprobs = [400, 403, 422].includes(rejection.status) && request.topLogprobs !== undefined;
  if (mayRejectLogprobs && mentions(rejection, '(?:top_|max_)?logprobs')) {
    const fewer = isAboutTheirNumber(rejection) && (request.topLogprobs ?? 0) > fewAlternatives;
    found.push(fewer && !dialect.has('few_logprobs') ? 'few_logprobs' : 'no_logprobs');
  }
  return found.filter((quirk) => !dialect.has(quirk));
}

/** Keywords that strict schemas may not have on some servers: chorale checks them itself. */
const looseKeywords = /"(?:max|min)(?:Length|Items|imum)"|"pattern"|"format"|"(?:one|any|all)Of"|"\$ref"/;

/** Whether a rejection is about the form of the answer. */
function isAboutSchema(rejection: ApiRejection): boolean {
  return /response_format|json_schema|\bschema\b/i.test(`${rejection.param} ${rejection.problem}`);
}

/** Whether fewer alternatives per token would do: servers have limits of their own. */
function isAboutTheirNumber({ problem }: ApiRejection): boolean {
  return /\b(?:at most|max(?:imum)?|less than|greater than|between|range|exceeds?|up to|limit)\b|<=|≤/i.test(problem);
}

/** Whether a rejection names a parameter. */
function mentions({ param, problem }: ApiRejection, name: string): boolean {
  return new RegExp(`(?<!\\w)${name}(?!\\w)`, 'i').test(param ?? problem);
}

/** What people should know of answers in a dialect; null when there is nothing. */
export function caveatOf(dialect: ApiDialect, isOllama: boolean): string | null {
  const caveats = [
    dialect.has('no_logprobs') ? 'the server gives no token probabilities for this model: there is no confidence' : '',
    dialect.has('no_seed') ? 'the server takes no seed: answers may differ from run to run' : '',
    isOllama
      ? 'this is an Ollama server, and its /v1 sets no context length and puts a completion prompt into the chat ' +
        "template of the model: the provider 'ollama' does neither"
      : '',
  ];
  return caveats.filter((caveat) => caveat !== '').join('; ') || null;
}

/** Alternatives per token that the API gives at most, by path. */
const mostAlternatives = { chat: 20, completion: 5 };

/** A request as it is sent. */
interface ApiRequest {
  /** Below the base URL. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The answer will be in an object. */
  readonly wrapped: boolean;
  /** Limit of the answer as it is sent, in tokens. */
  readonly tokens: number;
}

/** Puts a request into a dialect. */
export function apiRequestOf(request: ModelRequest, model: string, dialect: ApiDialect): ApiRequest {
  const { input, options, schema } = request;
  const wrapped = dialect.has('object_schema') && schema !== undefined && schema.type !== 'object';
  const tokens = options.maxOutputTokens + (wrapped ? wrapperTokens : 0);
  const json_schema = {
    name: 'answer',
    strict: !dialect.has('loose_schema'),
    schema: schema && wrapped ? wrapSchema(schema) : schema,
  };
  const common = {
    model,
    stream: true,
    ...(dialect.has('no_stream_options') ? {} : { stream_options: { include_usage: true } }),
    [dialect.has('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens']: tokens,
    temperature: options.temperature,
    ...(dialect.has('no_seed') ? {} : { seed: options.seed }),
    ...(options.stopSequences.length > 0 ? { stop: options.stopSequences } : {}),
    ...(schema ? { response_format: { type: 'json_schema', json_schema } } : {}),
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

function wantedAlternatives({ topLogprobs }: ModelRequest, dialect: ApiDialect): number | undefined {
  if (topLogprobs === undefined || !dialect.has('few_logprobs')) return topLogprobs;
  return Math.min(topLogprobs, fewAlternatives);
}

/** Gateways reject single texts with 403, too: the key is right then. */
const ofTheText = /moderation|flagged|content[ _-]?(?:policy|filter)|safety/i;

const remedies = {
  quota: 'the account has no credit left: check its plan and billing',
  schema:
    'this server, or this model, does not hold answers to a JSON schema: take a prompt whose output.format is label ' +
    'or text, such as sentiment-completion or sentiment-free',
  completion: 'it does not complete texts: take a chat prompt, such as sentiment',
  temperature: 'set config.temperature in the prompt file to a value that the model takes',
  stop: 'leave config.stopSequences out of the prompt file',
};

/** The failure that a rejection means, with what to do. A missing model is for the caller to report. */
export function errorOfRejection(
  response: HttpResponse,
  rejection: ApiRejection,
  request: ModelRequest | undefined,
  connections: Connections,
  wallTime: number,
): ChoraleError {
  const { status, problem, code } = rejection;
  if (status === 403 && ofTheText.test(`${code} ${problem}`)) return new ModelRejectedError(status, problem);
  if (status === 429 && (code === 'insufficient_quota' || /exceeded your current quota/i.test(problem))) {
    return new ModelRejectedError(status, problem, remedies.quota);
  }
  if (isTooLong(rejection))
    return new PromptTooLongError(contextIn(problem), problem, 'give the model a longer context');
  return errorOfStatus(response, problem, connections, wallTime, request && remedyOf(rejection, request));
}

/** Whether a rejection is that of a model which is not there. */
export function isMissingModel({ status, problem, code }: ApiRejection): boolean {
  return code === 'model_not_found' || (status === 404 && /model/i.test(problem) && !wantsChat(problem));
}

function remedyOf(rejection: ApiRejection, request: ModelRequest): string | undefined {
  if (request.input.kind === 'completion' && (rejection.status === 404 || wantsChat(rejection.problem))) {
    return remedies.completion;
  }
  if (request.schema && isAboutSchema(rejection)) return remedies.schema;
  if (mentions(rejection, 'temperature')) return remedies.temperature;
  if (request.options.stopSequences.length > 0 && mentions(rejection, 'stop')) return remedies.stop;
  return undefined;
}

function wantsChat(problem: string): boolean {
  return /chat model|chat\/completions/i.test(problem);
}

function isTooLong({ status, problem, code }: ApiRejection): boolean {
  if (status !== 400 && status !== 413 && status !== 422) return false;
  return (
    code === 'context_length_exceeded' ||
    /(maximum|available) (context|model) (length|size)|exceeds? the (maximum |available )?context|context the overflows/i.test(
      problem,
    )
  );
}

/** The length that a server says its context has, in tokens; null if it says none. */
function contextIn(problem: string): number | null {
  const length = /(?:context|model) (?:length|size)(?: is| of)?(?: only)? (\d+)/i.exec(problem)?.[1];
  return length === undefined ? null : Number(length);
}
