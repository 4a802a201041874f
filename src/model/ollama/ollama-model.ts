import { defaults } from '../../foundation/defaults.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import {
  type AttemptLimits,
  attemptWithin,
  completeLimits,
  type HttpAttempt,
  type HttpModelOptions,
  httpOptions,
} from '../http/attempt-timeouts.js';
import { LogprobsSwitch } from '../http/logprobs-switch.js';
import { answerBytes } from '../http/response-body.js';
import { checkWithin, limited, retryAtStart, startLimits } from '../http/start-checks.js';
import type { Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from '../model.js';
import { ModelFailedError, ModelRejectedError, ModelTimeoutError, PromptTooLongError } from '../model-errors.js';
import { type ModelFacts, readDigest, readModelFacts, readVersion, withInstalled } from './model-facts.js';
import { readOllamaAnswer } from './ollama-answer.js';
import { type OllamaApi, requestLines, requestObject } from './ollama-client.js';
import { openOllama } from './ollama-connections.js';
import { countIn, isTooLong, refuseTruncatedPrompt } from './prompt-size.js';
import { requireServer } from './server-address.js';
import { type Think, ThinkSwitch, thinkingRoom } from './think-switch.js';

/** Options of `ollama`. */
export interface OllamaOptions extends HttpModelOptions {
  /** Name of the model, as in `ollama list`. */
  readonly model: string;
  /** Address of the server, as Ollama's own client understands it. @default http://127.0.0.1:11434 */
  readonly host?: string | undefined;
  /**
   * Sent as a bearer token, to other machines and over TLS only. The command line takes it from `OLLAMA_API_KEY`. @default none
   */
  readonly apiKey?: string | undefined;
}

const optionNames: OptionNames<OllamaOptions> = { ...httpOptions, model: true, host: true, apiKey: true };

/**
 * A model on an Ollama server (0.9 or later), asked through its native API.
 * @throws InvalidOptionError when the host is not an address, the model has no name, the key cannot be sent, or a limit is not a
 * positive number
 */
export function ollama(options: OllamaOptions): Model {
  requireKnown('ollama', options, optionNames);
  return new OllamaModel(options);
}

class OllamaModel implements Model {
  readonly provider = 'ollama';
  readonly name: string;
  /** Private to the language, so that printing the model shows no key. */
  readonly #api: OllamaApi;
  private readonly clock: Runtime;
  private readonly limits: AttemptLimits;
  private readonly thinkSwitch = new ThinkSwitch();
  private readonly logprobsSwitch = new LogprobsSwitch();
  private facts: ModelFacts | undefined;

  constructor(options: OllamaOptions) {
    this.name = options.model;
    this.limits = completeLimits(options);
    this.clock = options.clock ?? nodeRuntime;
    const connections = openOllama(options.host ?? defaults.ollamaHost, options.apiKey, options.fetch);
    this.#api = { connections, clock: this.clock };
  }

  get caveat(): string | null {
    return this.logprobsSwitch.caveat;
  }

  async prepare(sample: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    call.signal.throwIfAborted();
    const { clock, name } = this;
    const api = this.#api;
    const light = <T>(work: (signal: AbortSignal) => Promise<T>) =>
      checkWithin(clock, api.connections, call.signal, work);
    const serverVersion = await light((signal) => requireServer(api, signal));
    await light((signal) => this.lookUp(signal));
    const digest = await light((signal) => readDigest(api, name, signal));
    const startedAt = clock.now();
    await retryAtStart(clock, call.signal, () => this.load(sample, call.signal));
    return { serverVersion, loadMs: clock.now() - startedAt, digest };
  }

  async ping({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await readVersion(this.#api, signal);
  }

  async ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    return attemptWithin(this.limits, this.clock, call, (attempt) =>
      this.logprobsSwitch.ask(request, (asked) => this.askOnce(asked, call, attempt)),
    );
  }

  private async askOnce(request: ModelRequest, call: ModelCall, attempt: HttpAttempt): Promise<ModelAnswer> {
    try {
      const facts = await this.lookUp(attempt.signal);
      const answer = await readOllamaAnswer(await this.stream(request, facts, attempt.signal), attempt);
      refuseTruncatedPrompt(request.input, answer, this.contextOf(request), call.promptTokens);
      return answer;
    } catch (error) {
      throw await this.explain(error, request, attempt.signal);
    }
  }

  async close(): Promise<void> {
    await this.#api.connections.close();
  }

  /** An empty prompt loads the model. The context length must be the run's, or the first request would load it anew. */
  private async load({ options }: ModelRequest, signal: AbortSignal): Promise<void> {
    const { loadMs } = startLimits;
    const body = { model: this.name, prompt: '', stream: false, options: { num_ctx: options.contextTokens } };
    await limited(
      this.clock,
      loadMs,
      () => new ModelTimeoutError(loadMs),
      signal,
      (own) => requestObject(this.#api, '/api/generate', { signal: own, body }),
    );
  }

  private async stream(request: ModelRequest, facts: ModelFacts, signal: AbortSignal): Promise<AsyncIterable<object>> {
    for (;;) {
      const think = this.thinkSwitch.choose(facts, request.input);
      try {
        return await this.send(request, think, signal);
      } catch (error) {
        if (!this.thinkSwitch.isRefused(error, think)) throw error;
      }
    }
  }

  private async send(request: ModelRequest, think: Think, signal: AbortSignal): Promise<AsyncIterable<object>> {
    const runner = runnerOptions(request, think);
    const mostBytes = answerBytes(request, runner.num_predict);
    const common = {
      model: this.name,
      stream: true,
      // Since 0.12: reject a prompt that is too long, do not cut it.
      truncate: false,
      shift: false,
      ...(think === undefined ? {} : { think }),
      ...(request.schema ? { format: request.schema } : {}),
      ...(request.topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: request.topLogprobs }),
      options: runner,
    };
    const { input } = request;
    return input.kind === 'chat'
      ? requestLines(this.#api, '/api/chat', { signal, mostBytes, body: { ...common, messages: input.messages } })
      : requestLines(this.#api, '/api/generate', {
          signal,
          mostBytes,
          body: { ...common, prompt: input.prompt, raw: true },
        });
  }

  /** What the server reports about the model; requested until one request succeeds. */
  private async lookUp(signal: AbortSignal): Promise<ModelFacts> {
    this.facts ??= await readModelFacts(this.#api, this.name, signal);
    return this.facts;
  }

  /** The context that the server really works with, in tokens. */
  private contextOf({ options }: ModelRequest): number {
    return Math.min(options.contextTokens, this.facts?.contextTokens ?? Number.POSITIVE_INFINITY);
  }

  private async explain(error: unknown, request: ModelRequest, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof ModelRejectedError || error instanceof ModelFailedError)) return error;
    const { problem } = error;
    if (isTooLong(problem)) {
      const length = { counted: countIn(problem), estimated: null };
      return new PromptTooLongError(this.contextOf(request), problem, undefined, length);
    }
    return withInstalled(error, this.#api, this.name, signal);
  }
}

function runnerOptions(request: ModelRequest, think: Think) {
  const { maxOutputTokens, contextTokens, temperature, seed, stopSequences } = request.options;
  return {
    num_predict: maxOutputTokens + (think ? thinkingRoom : 0),
    num_ctx: contextTokens,
    temperature,
    seed,
    // None: the default would push the model away from labels that the examples of the prompt have just named.
    repeat_penalty: 1,
    ...(stopSequences.length > 0 ? { stop: [...stopSequences] } : {}),
  };
}
