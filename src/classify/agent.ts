import { createAbortController, createDeadlines, type Deadline, deadline } from '../foundation/abort.js';
import { defaults } from '../foundation/defaults.js';
import { codeOf, InvalidOptionError, isWorthAnotherSeed, messageOf } from '../foundation/errors/chorale-error.js';
import { failureOf, type Observer } from '../foundation/events/event.js';
import { createEmit, type Emit } from '../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../foundation/known-options.js';
import { askedPause, completeRetryPolicy, type RetryPolicy, retry } from '../foundation/retry.js';
import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import type { Model, ModelAnswer, ModelInfo, ModelRequest, ModelUsage } from '../model/model.js';
import { ItemTimeoutError } from './agent-errors.js';
import { agentLabels, requireCombinable, requireParts, requireReader } from './check-agent.js';
import { answerConfidence } from './confidence/label-probabilities.js';
import { type AnswerFields, answerFields } from './fields/answer-fields.js';
import type { FieldSpec } from './fields/field-spec.js';
import { type LongStrategy, longStrategies, type PromptSize } from './long-texts/long-strategy.js';
import { LongTexts, type TextRequest } from './long-texts/long-texts.js';
import { handlingData, itemData, responseData, tokensOf } from './model-events.js';
import {
  alternativesPerToken,
  outputBudget,
  type ProbabilityRequest,
  probabilityRequest,
  requestMaker,
  withProbabilities,
} from './model-request.js';
import { type CountTokens, Pacer, type PacingOptions } from './pacer.js';
import { parseAnswer, schemaOf } from './parse-answer.js';
import type { Prediction } from './prediction.js';
import type { Prompt } from './prompt/prompt.js';
import { type PromptInput, requireCells } from './prompt/prompt-input.js';
import { createPromptRenderer, type PromptRenderer } from './prompt/render-prompt.js';
import { columnsShown } from './prompt/template-variables.js';
import { withoutReasoning } from './reasoning.js';
import { repairRequest, withWasted } from './repair-request.js';

/** Options of `createAgent`. */
export interface AgentOptions {
  readonly model: Model;
  readonly prompt: Prompt;
  /** Restricts or replaces the prompt's label set. @default the prompt's */
  readonly labels?: readonly string[] | undefined;
  /** Pauses and number of retries after a retryable failure; missing fields keep their defaults. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Rate limits over all workers and servers. @default none */
  readonly pacing?: PacingOptions | undefined;
  /**
   * Longest time for one text, all attempts and the pauses between them included, in milliseconds. Waiting for the rate
   * limit or for a server with room does not count. @default 120000
   */
  readonly itemTimeoutMs?: number | undefined;
  /** Requests token probabilities for the confidence; never for free text. @default as the prompt says */
  readonly probabilities?: boolean | undefined;
  /**
   * Requests an answer that is wrong or truncated once more, with another seed. In a chat about an answer with fields the
   * further request shows the invalid answer, and says what is wrong with it. @default true
   */
  readonly repair?: boolean | undefined;
  /** What to do with a text whose prompt does not fit into the context window. @default fail */
  readonly long?: LongStrategy | undefined;
  /** Names the agent: the source of its events. @default agent */
  readonly name?: string | undefined;
  /** Receives `model.request`, `model.response` and `model.retry`. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Prompts and answers appear in the events. @default false */
  readonly verboseEvents?: boolean | undefined;
  /** Clock, timers and RNG. @default nodeRuntime */
  readonly runtime?: Runtime | undefined;
}

const agentOptions: OptionNames<AgentOptions> = {
  model: true,
  prompt: true,
  labels: true,
  retry: true,
  pacing: true,
  itemTimeoutMs: true,
  probabilities: true,
  repair: true,
  long: true,
  name: true,
  observer: true,
  verboseEvents: true,
  runtime: true,
};

/** Why a request is sent: a further attempt after a failure, or because the text is too long for one request. */
export type AttemptReason = 'first' | 'retry' | 'long';

/** Options of `classify`. */
export interface ClassifyCall {
  /** Stops the call. */
  readonly signal?: AbortSignal | undefined;
  /** Names the text in events. @default '' */
  readonly item?: string;
  /** The worker that classifies it, for events. @default not known */
  readonly workerId?: number | undefined;
  /** Called each time that the request is sent to one of several servers, with its address. */
  readonly onSend?: (server: string) => void;
  /** Requests token probabilities where the agent does so on request only. @default false */
  readonly probabilities?: boolean;
  /** Sends the requests in place of the model. */
  readonly sender?: Pick<Model, 'ask'> | undefined;
  /** Called before each attempt; 1-based, over all chunks of the text. */
  readonly onAttempt?: (attempt: number, reason: AttemptReason) => void;
  /** Called with each answer as it came, before it is parsed. */
  readonly onAnswer?: (answer: ModelAnswer) => void;
}

/** Classifies texts with a model and a prompt. */
export interface Agent {
  readonly model: Model;
  /** Empty if the prompt has fields, and none of them is the label. */
  readonly labels: readonly string[];
  /** The fields of the answers; null if an answer is a label. */
  readonly fields: readonly FieldSpec[] | null;
  /** The prompt's name and hash, as in `sentiment@0123456789ab`. */
  readonly promptId: string;
  readonly long: LongStrategy;
  /** Whether token probabilities are requested with every text, on request of a call, or never. */
  readonly probabilities: ProbabilityRequest;
  /** The columns that the prompt shows beside the text, in their order; none for a model that reads no prompt. */
  readonly columns: readonly string[];
  /** The request about a text, as it is sent; a column that the input lacks is blank. */
  requestFor(input: string | PromptInput): ModelRequest;
  /** The estimated length of that request. */
  sizeOf(input: string | PromptInput): PromptSize;
  /** Checks that the model can answer, and loads it. */
  prepare(call?: { readonly signal?: AbortSignal | undefined }): Promise<ModelInfo>;
  /**
   * Classifies one text, with retries. `long` decides how a text that is too long is handled.
   * @param input needs the columns that the prompt shows
   * @throws ColumnError, the catalogue's model and answer errors, ItemTimeoutError, or the signal's reason
   */
  classify(input: string | PromptInput, call?: ClassifyCall): Promise<Prediction>;
}

/** Longest silence within an answer, as a share of the item's timeout, so that time remains for another attempt. */
const longestSilence = { share: 1 / 4, leastMs: 5_000 };

/**
 * Makes an agent.
 * @throws InvalidOptionError, PromptError, UnknownObserverError
 */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  requireKnown('createAgent', options, agentOptions);
  requireParts(options);
  const labels = agentLabels(options.prompt, options.labels);
  const { itemTimeoutMs = defaults.itemTimeoutMs, long = 'fail' } = options;
  if (!(itemTimeoutMs > 0)) throw new InvalidOptionError('itemTimeoutMs', 'above 0 (milliseconds)', itemTimeoutMs);
  if (!longStrategies.includes(long)) throw new InvalidOptionError('long', `one of ${longStrategies.join(', ')}`, long);
  requireCombinable(options.prompt, long);
  requireReader(options.model, options.prompt);
  const render = await createPromptRenderer(options.prompt, labels);
  const fields = await answerFields(options.prompt, labels);
  return new PromptedAgent({ ...options, itemTimeoutMs, long }, labels, render, fields);
}

/** One call of `classify`, and its remaining time. */
interface Item extends ClassifyCall {
  readonly signal: AbortSignal;
  leftMs: number;
  /** The tokens of answers that were wrong. */
  readonly wasted: ModelUsage[];
}

class PromptedAgent implements Agent {
  readonly model: Model;
  readonly promptId: string;
  readonly fields: readonly FieldSpec[] | null;
  readonly long: LongStrategy;
  readonly probabilities: ProbabilityRequest;
  readonly columns: readonly string[];
  readonly requestFor: Agent['requestFor'];
  private readonly repairs: boolean;
  private readonly longTexts: LongTexts;
  private readonly pacer: Pacer;
  private readonly runtime: Runtime;
  private readonly policy: RetryPolicy;
  private readonly startFullTimeout: (followed: AbortSignal | undefined) => Deadline;
  private readonly emit: Emit | undefined;

  constructor(
    private readonly options: AgentOptions & { readonly itemTimeoutMs: number; readonly long: LongStrategy },
    readonly labels: readonly string[],
    render: PromptRenderer,
    private readonly answerFields: AnswerFields | undefined,
  ) {
    const { model, prompt, runtime = nodeRuntime, itemTimeoutMs } = options;
    this.model = model;
    this.long = options.long;
    this.probabilities = probabilityRequest(model, prompt, options.probabilities);
    this.runtime = runtime;
    this.promptId = `${prompt.name}@${prompt.hash}`;
    this.policy = completeRetryPolicy(options.retry);
    this.startFullTimeout = createDeadlines(runtime, itemTimeoutMs, () => new ItemTimeoutError(itemTimeoutMs));
    this.emit = createEmit(options.observer, options.name ?? 'agent', () => runtime.wallTime());
    this.repairs = (options.repair ?? true) && !model.isDeterministic;
    this.fields = this.answerFields?.specs ?? null;
    const fixed = {
      labels,
      options: { ...prompt.config, maxOutputTokens: outputBudget(prompt, labels) },
      schema: this.answerFields?.schema ?? schemaOf(prompt, labels),
      labelKey: this.answerFields?.label ?? undefined,
      topLogprobs: this.probabilities === 'always' ? alternativesPerToken : undefined,
    };
    const readsPrompt = model.readsPrompt !== false;
    const columns = columnsShown(prompt.template);
    this.columns = readsPrompt ? columns : [];
    this.requestFor = requestMaker(fixed, render, columns, readsPrompt);
    this.longTexts = new LongTexts({
      strategy: this.long,
      labels,
      fields: this.fields,
      requestFor: this.requestFor,
      readsPrompt,
    });
    const smallest = this.sizeOf('');
    this.pacer = new Pacer(options.pacing ?? {}, runtime, smallest.promptTokens + smallest.answerTokens);
  }

  async prepare({ signal = createAbortController().signal }: Pick<ClassifyCall, 'signal'> = {}): Promise<ModelInfo> {
    return this.model.prepare(this.requestFor(''), { signal });
  }

  sizeOf(input: string | PromptInput): PromptSize {
    return this.longTexts.sizeOf(input);
  }

  async classify(input: string | PromptInput, call: ClassifyCall = {}): Promise<Prediction> {
    requireCells(input, this.columns, this.options.prompt.name);
    const { signal = createAbortController().signal } = call;
    const item: Item = { ...call, signal, leftMs: this.options.itemTimeoutMs, wasted: [] };
    let attempts = 0;
    const mayTell = (longer: ModelRequest) => this.fields !== null && this.longTexts.surelyFits(longer);
    const prediction = await this.longTexts.classify(input, (textRequest) => {
      let { request } = textRequest;
      const attempt = (tries: number) => {
        attempts += 1;
        const reason = tries > 1 ? 'retry' : attempts > 1 ? 'long' : 'first';
        return this.attempt({ ...textRequest, request }, item, attempts, reason);
      };
      return retry(attempt, {
        policy: this.policy,
        runtime: this.runtime,
        signal: item.signal,
        remainingMs: () => item.leftMs,
        wrongAnswers: this.repairs ? 1 : 0,
        onRetry: ({ delayMs, error }) => {
          item.leftMs -= delayMs;
          request = repairRequest(textRequest.request, request, error, mayTell);
          this.pacer.hold(askedPause(error));
          this.emit?.('model.retry', {
            ...itemData(call),
            attempt: attempts,
            delay_ms: Math.round(delayMs),
            server_asked: askedPause(error) > 0,
            error_type: codeOf(error),
            message: messageOf(error),
          });
        },
      });
    });
    return item.wasted.length === 0 ? prediction : { ...prediction, usage: withWasted(prediction.usage, item.wasted) };
  }

  /** Waits for a server with room and for the rate limit; the time of the item runs afterwards only. */
  private async attempt(
    textRequest: TextRequest,
    item: Item,
    attempt: number,
    reason: AttemptReason,
  ): Promise<Prediction> {
    const { runtime, model, pacer } = this;
    if (item.leftMs <= 0) throw new ItemTimeoutError(this.options.itemTimeoutMs);
    const run = async () => {
      const countTokens = await pacer.take(item.signal);
      const startedAt = runtime.now();
      const limit = this.startTimeout(item);
      try {
        limit.signal.throwIfAborted();
        item.onAttempt?.(attempt, reason);
        return await this.send(textRequest, item, attempt, limit.signal, countTokens);
      } catch (error) {
        limit.signal.throwIfAborted();
        throw error;
      } finally {
        limit.release();
        item.leftMs -= runtime.now() - startedAt;
      }
    };
    return model.admit ? model.admit(item.signal, run) : run();
  }

  /** First attempts have the full time and share their timers. A later attempt gets its own timer for the remaining time. */
  private startTimeout({ signal, leftMs }: Item): Deadline {
    const { itemTimeoutMs } = this.options;
    if (leftMs === itemTimeoutMs) return this.startFullTimeout(signal);
    return deadline(this.runtime, leftMs, () => new ItemTimeoutError(itemTimeoutMs), signal);
  }

  private async send(
    { request: plainRequest, handling }: TextRequest,
    call: Item,
    attempt: number,
    signal: AbortSignal,
    firstCount: CountTokens,
  ): Promise<Prediction> {
    const { emit, runtime, labels } = this;
    const { prompt, itemTimeoutMs, verboseEvents: verbose = false } = this.options;
    const request = withProbabilities(plainRequest, this.probabilities, call.probabilities);
    const messages = verbose ? { messages: request.input } : {};
    emit?.('model.request', { ...itemData(call), attempt, ...handlingData(handling), ...messages });
    const startedAt = runtime.now();
    let countTokens = firstCount;
    let answer: ModelAnswer | undefined;
    let server: string | undefined;
    const onSend = async (address: string) => {
      // The rate limit has been taken for the attempt's first server.
      if (server !== undefined) countTokens = await this.pacer.take(signal);
      server = address;
      call.onSend?.(address);
    };
    const response = () => responseData(call, attempt, runtime.now() - startedAt, answer, server, verbose);
    try {
      const promptTokens = this.longTexts.boundsOf(request);
      const idleTimeoutMs = Math.max(longestSilence.leastMs, itemTimeoutMs * longestSilence.share);
      answer = await (call.sender ?? this.model).ask(request, { signal, onSend, promptTokens, idleTimeoutMs });
      call.onAnswer?.(answer);
      this.longTexts.check(request, answer);
      const final = withoutReasoning(answer);
      const { maxOutputTokens } = request.options;
      const parsed = parseAnswer(final, prompt, labels, maxOutputTokens, this.answerFields);
      emit?.('model.response', { ...response(), error: false });
      return {
        ...parsed,
        rationale: parsed.rationale ?? (answer.rationale?.trim() || null),
        ...answerConfidence(parsed.label, final, labels, prompt.output.format, this.answerFields?.label),
        usage: answer.usage,
        queueMs: answer.durations.queueMs,
      };
    } catch (caught) {
      const error = this.longTexts.causeOf(caught, request, answer);
      if (answer && isWorthAnotherSeed(error)) call.wasted.push(answer.usage);
      emit?.('model.response', { ...response(), ...failureOf(error, true) });
      throw error;
    } finally {
      countTokens(tokensOf(answer));
    }
  }
}
