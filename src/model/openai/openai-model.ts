import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import { type Attempt, type AttemptLimits, attemptWithin, checkWithin, completeLimits } from '../http/attempt.js';
import { type Connections, type Fetch, openConnections, send } from '../http/connections.js';
import { type Hide, readExplanation } from '../http/explanation.js';
import { contentTypeOf, readText, requireJson } from '../http/http-errors.js';
import { LogprobsSwitch } from '../http/logprobs-switch.js';
import { answerBytes } from '../http/response-size.js';
import type { Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from '../model.js';
import { ModelMissingError } from '../model-errors.js';
import { refuseTruncatedPrompt } from '../ollama/prompt-size.js';
import { authAdvice, hidingOf, readApiKey } from './api-key.js';
import { baseUrl, defaultBaseUrl } from './base-url.js';
import { caveatOf, type Dialect, quirksIn, type Refusal } from './dialect.js';
import { explainRefusal, isMissingModel } from './explain-refusal.js';
import { type ApiProbe, requireApi } from './find-api.js';
import type { SentAnswer } from './gathered-answer.js';
import { toTokenLogprobs } from './logprobs.js';
import { hasNoList, listsModel, namesIn } from './model-list.js';
import { unwrap } from './object-schema.js';
import { questionOf } from './question.js';
import { readAnswer } from './read-answer.js';

/** Options of `openaiCompatible`. */
export interface OpenAICompatibleOptions {
  /** Name of the model, as the server lists it. */
  readonly model: string;
  /** Base URL of the API; without a path it ends in `/v1`. @default https://api.openai.com/v1 */
  readonly host?: string | undefined;
  /** Sent as a bearer token. The command line takes it from `OPENAI_API_KEY`. @default none */
  readonly apiKey?: string | undefined;
  /** Longest wait for the first token, in milliseconds, the server's queue included. @default none: the time of a text is the limit */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** Longest pause within an answer that has begun, in milliseconds. @default what the caller of `ask` says */
  readonly idleTimeoutMs?: number | undefined;
  /** Longest time for one attempt, in milliseconds. @default none */
  readonly totalTimeoutMs?: number | undefined;
  /** Sends the requests. @default undici's fetch, with its header and body timeouts off */
  readonly fetch?: Fetch | undefined;
  /** Clock and timers. @default the machine that Node runs on */
  readonly clock?: Runtime | undefined;
}

const unreachable = 'start the server, or name another with --host or OPENAI_BASE_URL';

/**
 * A model behind an API like OpenAI's: vLLM, llama.cpp's server, LM Studio, hosted services. What a server or model does
 * not take is found out from its refusals, once: `max_tokens`, a schema that is no object, `seed`, `stream_options` and
 * token probabilities are then asked for otherwise, or done without, which `caveat` tells where it matters.
 * @throws InvalidOptionError when the host is no address, the model has no name, the key cannot be sent, or a limit is
 * no positive number
 */
export function openaiCompatible(options: OpenAICompatibleOptions): Model {
  const { model } = options;
  if (model.trim() === '') throw new InvalidOptionError('model', 'the name of a model', model);
  return new OpenAICompatibleModel(options);
}

/** What came of asking for the list of models. */
interface ModelList {
  /** Null where the server does not tell. */
  readonly names: readonly string[] | null;
  /** What came in place of a list. */
  readonly instead?: { readonly response: Response; readonly says: string; readonly isPage: boolean };
}

class OpenAICompatibleModel implements Model {
  readonly provider = 'openai';
  readonly name: string;
  /** Private to the language, so that printing the model shows no key. */
  readonly #connections: Connections;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #hide: Hide;
  private readonly authAdvice: string;
  private readonly clock: Runtime;
  private readonly limits: AttemptLimits;
  private dialect: Dialect = new Set();
  private isOllama = false;
  private readonly logprobsSwitch = new LogprobsSwitch();

  constructor(options: OpenAICompatibleOptions) {
    const key = readApiKey(options.apiKey);
    this.name = options.model;
    this.clock = options.clock ?? nodeRuntime;
    this.limits = completeLimits(options);
    this.#connections = openConnections(baseUrl(options.host ?? defaultBaseUrl), options.fetch, unreachable, key);
    const { headers } = this.#connections;
    // Credentials in the address are meant for this server; a key may only happen to be set.
    const inAddress = headers.authorization !== undefined;
    this.#headers = key === undefined || inAddress ? headers : { authorization: `Bearer ${key}` };
    this.#hide = hidingOf(inAddress ? headers.authorization?.replace('Basic ', '') : key);
    this.authAdvice = authAdvice(inAddress ? 'address' : key === undefined ? 'nothing' : 'key');
  }

  get caveat(): string | null {
    const caveats = [caveatOf(this.dialect, this.isOllama), this.logprobsSwitch.caveat];
    return caveats.filter((caveat) => caveat !== null).join('; ') || null;
  }

  async prepare(sample: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    call.signal.throwIfAborted();
    return checkWithin(this.clock, this.#connections, call.signal, async (signal) => {
      const { names, instead } = await this.listModels(signal);
      if (instead) await requireApi(this.probe(signal), sample, instead.says);
      if (instead?.isPage) requireJson(instead.response, 'an OpenAI-compatible server');
      if (names && !listsModel(names, this.name)) throw this.missing(names);
      return { serverVersion: null, loadMs: null };
    });
  }

  async ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    const wanted = this.dialect.has('no_logprobs') ? { ...request, topLogprobs: undefined } : request;
    return attemptWithin(this.limits, this.clock, call, (attempt) =>
      this.logprobsSwitch.ask(wanted, (asked) => this.askOnce(asked, call, attempt)),
    );
  }

  private async askOnce(request: ModelRequest, call: ModelCall, attempt: Attempt): Promise<ModelAnswer> {
    const { response, wrapped } = await this.send(request, attempt.signal, call.onSend);
    const sent = await readAnswer(response, attempt, this.#hide);
    const answer = answerOf(sent, request, wrapped, attempt);
    this.isOllama ||= sent.fingerprint === 'fp_ollama';
    // Ollama cuts what is too long, and tells nobody.
    if (this.isOllama) refuseTruncatedPrompt(request.input, answer, request.options.contextTokens);
    return answer;
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  /** Sends a question, again where the server asks for another form of it. */
  private async send(request: ModelRequest, signal: AbortSignal, onSend: ModelCall['onSend']) {
    for (;;) {
      const { dialect } = this;
      const { path, body, wrapped, tokens } = questionOf(request, this.name, dialect);
      await onSend?.(this.#connections.url);
      const init = { method: 'POST', body: JSON.stringify(body), signal };
      const response = await this.request(path, init, answerBytes(request, tokens));
      if (response.ok) return { response, wrapped };
      const refusal = { status: response.status, ...(await readExplanation(response, this.#hide)) };
      const quirks = quirksIn(refusal, dialect, request);
      if (quirks.length === 0) throw await this.explain(response, refusal, request, signal);
      this.dialect = new Set([...this.dialect, ...quirks]);
    }
  }

  private request(
    path: string,
    init: RequestInit,
    mostBytes?: number,
    base = this.#connections.url,
  ): Promise<Response> {
    const headers = {
      ...this.#headers,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      accept: 'text/event-stream, application/json',
    };
    return send(this.#connections, `${base}${path}`, { ...init, headers }, mostBytes);
  }

  /** How to ask whether an API is there. */
  private probe(signal: AbortSignal): ApiProbe {
    const { url } = this.#connections;
    return {
      url,
      lists: async (address) => {
        const response = await this.request('/models', { signal }, undefined, address);
        return response.ok && namesIn(await response.json()) !== null;
      },
      statusOf: async (path) => {
        const response = await this.request(path, { method: 'POST', body: '{}', signal });
        response.body?.cancel().catch(() => {});
        // A web site has a page for everything.
        return response.ok && contentTypeOf(response).includes('html') ? 404 : response.status;
      },
    };
  }

  /** The names of the server's models; null where it does not tell, with what came in place of a list where it has none. */
  private async listModels(signal: AbortSignal): Promise<ModelList> {
    const response = await this.request('/models', { signal });
    if (hasNoList(response.status)) {
      // Read to its end, the connection serves the first question.
      await response.text().catch(() => '');
      return { names: null, instead: { response, says: `HTTP ${response.status}`, isPage: false } };
    }
    if (response.ok && contentTypeOf(response).includes('html')) {
      await response.text().catch(() => '');
      return { names: null, instead: { response, says: 'a web page', isPage: true } };
    }
    if (!response.ok) {
      const refusal = { status: response.status, ...(await readExplanation(response, this.#hide)) };
      throw explainRefusal(response, refusal, undefined, this.refuser());
    }
    requireJson(response, 'an OpenAI-compatible server');
    return { names: namesIn(parsed(await readText(response))) };
  }

  private async explain(response: Response, refusal: Refusal, request: ModelRequest, signal: AbortSignal) {
    if (!isMissingModel(refusal)) return explainRefusal(response, refusal, request, this.refuser());
    return this.missing((await this.listModels(signal).catch(() => null))?.names ?? null);
  }

  private missing(names: readonly string[] | null): ModelMissingError {
    return new ModelMissingError(this.name, this.#connections.url, names, 'choose another with --model');
  }

  private refuser() {
    return { url: this.#connections.url, authAdvice: this.authAdvice, wallTime: this.clock.wallTime() };
  }
}

function answerOf(sent: SentAnswer, request: ModelRequest, wrapped: boolean, attempt: Attempt): ModelAnswer {
  const { text, tokens } = wrapped ? unwrap(sent.text, sent.tokens) : sent;
  const wanted = request.topLogprobs;
  const hasLogprobs = wanted !== undefined && tokens !== null && tokens.length > 0;
  return {
    text,
    ...(sent.thought ? { thought: true } : {}),
    finishReason: sent.finishReason,
    usage: sent.usage,
    durations: { totalMs: attempt.elapsedMs(), firstTokenMs: sent.firstTokenMs, queueMs: null, loadMs: null },
    logprobs: hasLogprobs ? toTokenLogprobs(tokens, wanted) : null,
  };
}

/** Undefined where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
