import { deadline } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import {
  type Attempt,
  type AttemptLimits,
  askAtStart,
  attemptWithin,
  checkWithin,
  completeLimits,
  startLimits,
} from '../http/attempt.js';
import { type Connections, type Fetch, openConnections } from '../http/connections.js';
import { LogprobsSwitch } from '../http/logprobs-switch.js';
import { answerBytes } from '../http/response-size.js';
import type { Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from '../model.js';
import { ModelFailedError, ModelRejectedError, ModelTimeoutError, PromptTooLongError } from '../model-errors.js';
import { clientOf } from './client.js';
import { requireServer } from './find-server.js';
import { hostUrl } from './host-url.js';
import { countIn, isTooLong, refuseTruncatedPrompt } from './prompt-size.js';
import { readAnswer } from './read-answer.js';
import { type ModelFacts, readDigest, readModelFacts, readVersion, withInstalled } from './server-facts.js';
import { type Think, ThinkSwitch, thinkingRoom } from './think-switch.js';

/** Options of `ollama`. */
export interface OllamaOptions {
  /** Name of the model, as in `ollama list`. */
  readonly model: string;
  /** Address of the server, as Ollama's own client understands it. @default http://127.0.0.1:11434 */
  readonly host?: string | undefined;
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

const defaultHost = 'http://127.0.0.1:11434';

/**
 * A model on an Ollama server (0.9 or later), asked through its native API.
 * @throws InvalidOptionError when the host is no address, the model has no name, or a limit is no positive number
 */
export function ollama(options: OllamaOptions): Model {
  const { model } = options;
  if (model.trim() === '') throw new InvalidOptionError('model', 'the name of a model', model);
  return new OllamaModel(options);
}

class OllamaModel implements Model {
  readonly provider = 'ollama';
  readonly name: string;
  private readonly connections: Connections;
  private readonly clock: Runtime;
  private readonly limits: AttemptLimits;
  private readonly thinkSwitch = new ThinkSwitch();
  private readonly logprobsSwitch = new LogprobsSwitch();
  private facts: ModelFacts | undefined;

  constructor(options: OllamaOptions) {
    this.name = options.model;
    this.limits = completeLimits(options);
    this.clock = options.clock ?? nodeRuntime;
    this.connections = openConnections(hostUrl(options.host ?? defaultHost), options.fetch);
  }

  get caveat(): string | null {
    return this.logprobsSwitch.caveat;
  }

  async prepare(sample: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    call.signal.throwIfAborted();
    const { connections, clock, name } = this;
    const light = <T>(work: (signal: AbortSignal) => Promise<T>) => checkWithin(clock, connections, call.signal, work);
    const serverVersion = await light((signal) => requireServer(connections, clock, signal));
    await light((signal) => this.lookUp(signal));
    const digest = await light((signal) => readDigest(clientOf(connections, clock, signal), name));
    const startedAt = clock.now();
    await askAtStart(clock, call.signal, () => this.load(sample, call.signal));
    return { serverVersion, loadMs: clock.now() - startedAt, digest };
  }

  async ping({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await readVersion(clientOf(this.connections, this.clock, signal));
  }

  async ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    return attemptWithin(this.limits, this.clock, call, (attempt) =>
      this.logprobsSwitch.ask(request, (asked) => this.askOnce(asked, call, attempt)),
    );
  }

  private async askOnce(request: ModelRequest, call: ModelCall, attempt: Attempt): Promise<ModelAnswer> {
    const { signal, heard, elapsedMs } = attempt;
    try {
      const facts = await this.lookUp(signal);
      const answer = await readAnswer(await this.stream(request, facts, signal), heard, elapsedMs);
      refuseTruncatedPrompt(request.input, answer, this.contextOf(request), call.promptTokens);
      return answer;
    } catch (error) {
      throw await this.explain(error, request, signal);
    }
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  /** An empty prompt loads the model. The context length must be the run's, or the first question would load it anew. */
  private async load({ options }: ModelRequest, signal: AbortSignal): Promise<void> {
    const { loadMs } = startLimits;
    const limit = deadline(this.clock, loadMs, () => new ModelTimeoutError(loadMs), signal);
    try {
      const client = clientOf(this.connections, this.clock, limit.signal);
      await client.generate({
        model: this.name,
        prompt: '',
        stream: false,
        options: { num_ctx: options.contextTokens },
      });
    } catch (error) {
      limit.signal.throwIfAborted();
      throw error;
    } finally {
      limit.release();
    }
  }

  private async stream(request: ModelRequest, facts: ModelFacts, signal: AbortSignal): Promise<AsyncIterable<unknown>> {
    for (;;) {
      const think = this.thinkSwitch.choose(facts, request.input);
      try {
        return await this.send(request, think, signal);
      } catch (error) {
        if (!this.thinkSwitch.isRefused(error, think)) throw error;
      }
    }
  }

  private async send(request: ModelRequest, think: Think, signal: AbortSignal): Promise<AsyncIterable<unknown>> {
    const runner = runnerOptions(request, think);
    const mostBytes = answerBytes(request, runner.num_predict);
    const client = clientOf(this.connections, this.clock, signal, 'lines', mostBytes);
    const common = {
      model: this.name,
      stream: true as const,
      // Not in the client's types, but part of the API since 0.12: refuse a prompt that is too long, do not cut it.
      ...{ truncate: false, shift: false },
      ...(think === undefined ? {} : { think }),
      ...(request.schema ? { format: request.schema } : {}),
      ...(request.topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: request.topLogprobs }),
      options: runner,
    };
    const { input } = request;
    return input.kind === 'chat'
      ? await client.chat({ ...common, messages: input.messages.map((message) => ({ ...message })) })
      : await client.generate({ ...common, prompt: input.prompt, raw: true });
  }

  /** What the server tells about the model; asked until it has been answered once. */
  private async lookUp(signal: AbortSignal): Promise<ModelFacts> {
    const { connections, clock } = this;
    this.facts ??= await readModelFacts(clientOf(connections, clock, signal), this.name, connections.url);
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
    const client = clientOf(this.connections, this.clock, signal);
    return withInstalled(error, client, this.name, this.connections.url);
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
