import { defaults } from '../../foundation/defaults.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { tryParseJson } from '../../foundation/lossless-json.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { readApiKey } from '../http/api-key.js';
import {
  type AttemptLimits,
  attemptWithin,
  completeLimits,
  type HttpAttempt,
  type HttpModelOptions,
  httpOptions,
} from '../http/attempt-timeouts.js';
import { type Connections, openConnections, sendJson } from '../http/connections.js';
import { readExplanation } from '../http/explanation.js';
import { discard, type HttpResponse, readText } from '../http/http-response.js';
import { LogprobsSwitch } from '../http/logprobs-switch.js';
import { answerBytes, contentTypeOf, requireJson } from '../http/response-body.js';
import { checkWithin } from '../http/start-checks.js';
import { isNoRoute } from '../http/status-errors.js';
import type { Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from '../model.js';
import { ModelMissingError } from '../model-errors.js';
import { refuseTruncatedPrompt } from '../ollama/prompt-size.js';
import { type ApiProbe, baseUrl, listsModel, namesIn, remediesOf, requireApi } from './api-address.js';
import {
  type ApiDialect,
  type ApiRejection,
  apiRequestOf,
  caveatOf,
  errorOfRejection,
  isMissingModel,
  quirksIn,
} from './dialect.js';
import { toTokenLogprobs, unwrap } from './logprobs.js';
import { type OpenAIAnswer, readOpenAIAnswer } from './openai-answer.js';

/** Options of `openaiCompatible`. */
export interface OpenAICompatibleOptions extends HttpModelOptions {
  /** Name of the model, as the server lists it. */
  readonly model: string;
  /** Base URL of the API; without a path it ends in `/v1`. @default https://api.openai.com/v1 */
  readonly host?: string | undefined;
  /** Sent as a bearer token. The command line takes it from `OPENAI_API_KEY`. @default none */
  readonly apiKey?: string | undefined;
}

const optionNames: OptionNames<OpenAICompatibleOptions> = { ...httpOptions, model: true, host: true, apiKey: true };

/**
 * A model behind an API like OpenAI's: vLLM, llama.cpp's server, LM Studio, hosted services. What a server or model does
 * not take is found out from its refusals, once: `max_tokens`, a schema that is not an object, `seed`, `stream_options` and
 * token probabilities are then asked for otherwise, or done without, which `caveat` tells where it matters.
 * @throws InvalidOptionError when the host is not an address, the model has no name, the key cannot be sent, or a limit is
 * no positive number
 */
export function openaiCompatible(options: OpenAICompatibleOptions): Model {
  requireKnown('openaiCompatible', options, optionNames);
  return new OpenAICompatibleModel(options);
}

interface ModelList {
  /** Null if the server does not report it. */
  readonly names: readonly string[] | null;
  /** What came in place of a list. */
  readonly instead?: { readonly response: HttpResponse; readonly says: string; readonly isPage: boolean };
}

class OpenAICompatibleModel implements Model {
  readonly provider = 'openai';
  readonly name: string;
  /** Private to the language, so that printing the model shows no key. */
  readonly #connections: Connections;
  readonly #headers: Readonly<Record<string, string>>;
  private readonly clock: Runtime;
  private readonly limits: AttemptLimits;
  private dialect: ApiDialect = new Set();
  private isOllama = false;
  private readonly logprobsSwitch = new LogprobsSwitch();

  constructor(options: OpenAICompatibleOptions) {
    const key = readApiKey(options.apiKey);
    this.name = options.model;
    this.clock = options.clock ?? nodeRuntime;
    this.limits = completeLimits(options);
    const address = baseUrl(options.host ?? defaults.openaiHost);
    this.#connections = openConnections(address, remediesOf(address, key), options.fetch, key);
    // Credentials in the address are meant for this server; a key may only happen to be set.
    const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const accept = 'text/event-stream, application/json';
    this.#headers = { accept, ...authorization, ...this.#connections.headers };
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

  private async askOnce(request: ModelRequest, call: ModelCall, attempt: HttpAttempt): Promise<ModelAnswer> {
    const { response, wrapped } = await this.send(request, attempt.signal, call.onSend);
    const sent = await readOpenAIAnswer(response, attempt, this.#connections.secrets);
    const answer = answerOf(sent, request, wrapped, attempt);
    this.isOllama ||= sent.fingerprint === 'fp_ollama';
    // Ollama truncates a prompt that is too long, and does not report it.
    if (this.isOllama) refuseTruncatedPrompt(request.input, answer, request.options.contextTokens);
    return answer;
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  /** Sends a request, again where the server asks for another form of it. */
  private async send(request: ModelRequest, signal: AbortSignal, onSend: ModelCall['onSend']) {
    for (;;) {
      const { dialect } = this;
      const { path, body, wrapped, tokens } = apiRequestOf(request, this.name, dialect);
      await onSend?.(this.#connections.url);
      const response = await this.post(path, body, signal, answerBytes(request, tokens));
      if (response.ok) return { response, wrapped };
      const rejection = { status: response.status, ...(await readExplanation(response)) };
      const quirks = quirksIn(rejection, dialect, request);
      if (quirks.length === 0) throw await this.explain(response, rejection, request, signal);
      this.dialect = new Set([...this.dialect, ...quirks]);
    }
  }

  private post(path: string, body: unknown, signal: AbortSignal, mostBytes?: number): Promise<HttpResponse> {
    return sendJson(this.#connections, path, { signal, body, headers: this.#headers }, mostBytes);
  }

  private getModels(signal: AbortSignal, url = this.#connections.url): Promise<HttpResponse> {
    return sendJson({ ...this.#connections, url }, '/models', { signal, headers: this.#headers });
  }

  /** How to ask whether an API is there. */
  private probe(signal: AbortSignal): ApiProbe {
    const { url } = this.#connections;
    return {
      url,
      lists: async (address) => {
        const response = await this.getModels(signal, address);
        return response.ok && namesIn(tryParseJson(await readText(response))) !== null;
      },
      statusOf: async (path) => {
        const response = await this.post(path, {}, signal);
        discard(response);
        // A web site has a page for everything.
        return response.ok && contentTypeOf(response).includes('html') ? 404 : response.status;
      },
    };
  }

  /** The names of the server's models; null if it has no list, with what came instead. */
  private async listModels(signal: AbortSignal): Promise<ModelList> {
    const response = await this.getModels(signal);
    if (isNoRoute(response.status)) {
      // Read to its end, the connection serves the first request.
      await readText(response).catch(() => '');
      return { names: null, instead: { response, says: `HTTP ${response.status}`, isPage: false } };
    }
    if (response.ok && contentTypeOf(response).includes('html')) {
      await readText(response).catch(() => '');
      return { names: null, instead: { response, says: 'a web page', isPage: true } };
    }
    if (!response.ok) {
      const rejection = { status: response.status, ...(await readExplanation(response)) };
      throw errorOfRejection(response, rejection, undefined, this.#connections, this.clock.wallTime());
    }
    requireJson(response, 'an OpenAI-compatible server');
    return { names: namesIn(tryParseJson(await readText(response))) };
  }

  private async explain(response: HttpResponse, rejection: ApiRejection, request: ModelRequest, signal: AbortSignal) {
    if (isMissingModel(rejection))
      return this.missing((await this.listModels(signal).catch(() => null))?.names ?? null);
    return errorOfRejection(response, rejection, request, this.#connections, this.clock.wallTime());
  }

  private missing(names: readonly string[] | null): ModelMissingError {
    return new ModelMissingError(this.name, this.#connections.url, names, [
      'choose another with ',
      { option: 'model' },
    ]);
  }
}

function answerOf(sent: OpenAIAnswer, request: ModelRequest, wrapped: boolean, attempt: HttpAttempt): ModelAnswer {
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
