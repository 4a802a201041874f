import {
  askedPause,
  createAbortController,
  deadline,
  type Gate,
  type Host,
  inSequence,
  nodeHost,
  type RetryPolicy,
  retry,
} from '../concurrency/index.js';
import { codeOf, InvalidOptionError, ItemTimeoutError, messageOf } from '../errors/index.js';
import { createEmit, type Emit, failureOf, type Observer } from '../events/index.js';
import type { Model, ModelAnswer, ModelInfo, ModelRequest, ModelUsage } from '../model/index.js';
import { createPromptRenderer, labelProblem, type Prompt, type PromptRenderer } from '../prompt/index.js';
import { readVerdict, schemaOf, type Verdict } from './answer-format.js';
import { labelShares } from './label-confidence.js';
import { createPacer, type Pacer, type PacingOptions } from './pacer.js';
import { completeRetryPolicy } from './retry-policy.js';

/** Options of `createAgent`. */
export interface AgentOptions {
  readonly model: Model;
  readonly prompt: Prompt;
  /** Restricts or replaces the prompt's label set. @default the prompt's */
  readonly labels?: readonly string[] | undefined;
  /** Pauses and number of further attempts after a retryable failure; what is left out keeps its default. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Limits of what is sent, over all workers and servers. @default none */
  readonly pacing?: PacingOptions | undefined;
  /** Longest time for one text, all attempts and pauses included, in milliseconds. @default 120000 */
  readonly itemTimeoutMs?: number | undefined;
  /** Asks for token probabilities where the answer is more than free text; they make the confidence. @default true */
  readonly probabilities?: boolean | undefined;
  /** Names the agent: the source of its events. @default agent */
  readonly name?: string | undefined;
  /** Receives `model.request`, `model.response` and `model.retry`. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Prompts and answers appear in the events. @default false */
  readonly verboseEvents?: boolean | undefined;
  /** Clock, timers and chance. @default the machine that Node runs on */
  readonly host?: Host | undefined;
}

/** What the agent says about a text. */
export interface Judgement extends Verdict {
  /**
   * The label's share of the probability of all labels, or what the provider itself says, 0 to 1; null where the model
   * gives neither.
   */
  readonly confidence: number | null;
  /** The same for each of the agent's labels, in their order, for calibration; at most 1 together. */
  readonly labelShares: readonly number[] | null;
  readonly usage: ModelUsage;
  /** Waiting in the server's queue, in milliseconds; null where the server does not tell. */
  readonly queueMs: number | null;
}

/** One call of `judge`. */
export interface JudgeCall {
  /** Stops the call. */
  readonly signal?: AbortSignal | undefined;
  /** Names the text in events. @default '' */
  readonly item?: string;
  /** Told before each attempt; 1-based. */
  readonly onAttempt?: (attempt: number) => void;
  /** Told each time that the question is sent to one of several servers, with its address. */
  readonly onSend?: (server: string) => void;
}

/** A model, a prompt, the form of the answer and a policy, as one task processor. */
export interface Agent {
  readonly model: Model;
  readonly labels: readonly string[];
  /** The prompt's name and hash, as in `sentiment@0123456789ab`. */
  readonly promptId: string;
  /**
   * Says when work on the next text may begin, so that it waits for its turn before its time begins: `streamReviews` asks
   * it. Whoever calls `judge` without it is not held back but for further attempts.
   */
  readonly gate: Gate;
  /** Tells that a text which the gate let in is not judged. */
  forgo(): void;
  /** The question about a text, as it is sent. */
  requestFor(text: string): ModelRequest;
  /** Checks that the model can answer, and loads it. */
  prepare(call?: { readonly signal?: AbortSignal | undefined }): Promise<ModelInfo>;
  /**
   * Judges one text: asks, validates, and tries again where that may help.
   * @throws the catalogue's model and answer errors, ItemTimeoutError, or the signal's reason
   */
  judge(text: string, call?: JudgeCall): Promise<Judgement>;
}

const defaultItemTimeoutMs = 120_000;

/** Alternatives asked for per token: the labels, and their variants in case and spacing. */
const alternatives = 10;

/**
 * Makes an agent.
 * @throws InvalidOptionError, PromptError, UnknownObserverError
 */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  requireParts(options);
  const labels = (options.labels ?? options.prompt.labels).map((label) => label.trim());
  const problem = labelProblem(labels);
  if (problem !== undefined) {
    throw new InvalidOptionError('labels', `two or more different labels (${problem})`, labels.join(','));
  }
  const { itemTimeoutMs = defaultItemTimeoutMs } = options;
  if (!(itemTimeoutMs > 0)) throw new InvalidOptionError('itemTimeoutMs', 'above 0 (milliseconds)', itemTimeoutMs);
  const render = await createPromptRenderer(options.prompt, labels);
  return new PromptedAgent({ ...options, itemTimeoutMs }, labels, render);
}

/** What JavaScript, or a forgotten `await`, may give in their place. */
function requireParts({ model, prompt }: Partial<AgentOptions>): void {
  if (typeof model?.ask !== 'function') throw new InvalidOptionError('model', 'a model, as ollama() gives it', model);
  if (typeof prompt?.template !== 'string') {
    throw new InvalidOptionError('prompt', 'a prompt, as await loadPrompt() gives it', prompt);
  }
}

class PromptedAgent implements Agent {
  readonly model: Model;
  readonly promptId: string;
  readonly gate: Gate;
  private readonly pacer: Pacer;
  private readonly host: Host;
  private readonly policy: RetryPolicy;
  private readonly emit: Emit | undefined;
  private readonly fixed: Omit<ModelRequest, 'input' | 'subject'>;

  constructor(
    private readonly options: AgentOptions & { readonly itemTimeoutMs: number },
    readonly labels: readonly string[],
    private readonly render: PromptRenderer,
  ) {
    const { model, prompt, host = nodeHost } = options;
    this.model = model;
    this.host = host;
    this.promptId = `${prompt.name}@${prompt.hash}`;
    this.policy = completeRetryPolicy(options.retry);
    this.emit = createEmit(options.observer, options.name ?? 'agent', () => host.wallTime());
    this.fixed = {
      labels,
      options: { ...prompt.config, maxOutputTokens: answerTokens(prompt, labels) },
      schema: schemaOf(prompt, labels),
      topLogprobs: options.probabilities !== false && prompt.output.format !== 'text' ? alternatives : undefined,
    };
    this.pacer = createPacer(options.pacing ?? {}, host, estimateTokens(this.requestFor('')));
    this.gate = model.gate ? inSequence(model.gate, this.pacer) : this.pacer;
  }

  forgo(): void {
    this.pacer.forgo();
  }

  requestFor(text: string): ModelRequest {
    return { ...this.fixed, input: this.render(text), subject: text };
  }

  async prepare({ signal = createAbortController().signal }: JudgeCall = {}): Promise<ModelInfo> {
    return this.model.prepare(this.requestFor(''), { signal });
  }

  async judge(text: string, call: JudgeCall = {}): Promise<Judgement> {
    const { host, policy } = this;
    const { itemTimeoutMs } = this.options;
    const item = call.item ?? '';
    const endsAt = host.now() + itemTimeoutMs;
    const limit = deadline(host, itemTimeoutMs, () => new ItemTimeoutError(itemTimeoutMs), call.signal);
    try {
      const request = this.requestFor(text);
      return await retry((attempt) => this.attempt(request, attempt, item, call, limit.signal), {
        policy,
        host,
        signal: limit.signal,
        remainingMs: () => endsAt - host.now(),
        onRetry: ({ attempt, delayMs, error }) => {
          this.pacer.hold(askedPause(error));
          this.emit?.('model.retry', {
            item,
            attempt,
            delay_ms: Math.round(delayMs),
            error_type: codeOf(error),
            message: messageOf(error),
          });
        },
      });
    } catch (error) {
      limit.signal.throwIfAborted();
      throw error;
    } finally {
      limit.release();
    }
  }

  private async attempt(
    request: ModelRequest,
    attempt: number,
    item: string,
    call: JudgeCall,
    signal: AbortSignal,
  ): Promise<Judgement> {
    const { emit, host } = this;
    const verbose = this.options.verboseEvents === true;
    if (attempt > 1) await this.pacer.again(signal);
    call.onAttempt?.(attempt);
    emit?.('model.request', { item, attempt, ...(verbose ? { messages: request.input } : {}) });
    const startedAt = host.now();
    let answer: ModelAnswer | undefined;
    let server: string | undefined;
    const onSend = async (address: string) => {
      // The attempt's first sending has been waited for already.
      if (server !== undefined) await this.pacer.again(signal);
      server = address;
      call.onSend?.(address);
    };
    try {
      answer = await this.model.ask(request, { signal, onSend });
      const verdict = readVerdict(answer, this.options.prompt, this.labels, request.options.maxOutputTokens);
      emit?.('model.response', {
        ...responseData(item, attempt, host.now() - startedAt, answer, server, verbose),
        error: false,
      });
      return {
        ...verdict,
        ...this.confidence(verdict, answer),
        rationale: verdict.rationale ?? (answer.rationale?.trim() || null),
        usage: answer.usage,
        queueMs: answer.durations.queueMs,
      };
    } catch (error) {
      emit?.('model.response', {
        ...responseData(item, attempt, host.now() - startedAt, answer, server, verbose),
        ...failureOf(error, true),
      });
      throw error;
    } finally {
      this.pacer.used(tokensOf(answer));
    }
  }

  private confidence({ label }: Verdict, { text, logprobs, confidence }: ModelAnswer) {
    const { labels } = this;
    const shares = labelShares({ text, logprobs, label, labels, format: this.options.prompt.output.format });
    return { confidence: confidence ?? shares?.[labels.indexOf(label)] ?? null, labelShares: shares };
  }
}

/** All tokens of one question and its answer; null where the server does not tell. */
function tokensOf(answer: ModelAnswer | undefined): number | null {
  const { promptTokens, completionTokens } = answer?.usage ?? {};
  return promptTokens == null ? null : promptTokens + (completionTokens ?? 0);
}

function responseData(
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

/** A guess before any server has counted: four bytes a token, and the whole room of the answer. */
function estimateTokens({ input, options }: ModelRequest): number {
  const texts = input.kind === 'chat' ? input.messages.map(({ content }) => content) : [input.prompt];
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) / 4 + options.maxOutputTokens;
}

/** Room for the answer: the prompt's own limit, or more where other labels than the prompt's may need it. */
function answerTokens(prompt: Prompt, labels: readonly string[]): number {
  const own = prompt.config.maxOutputTokens;
  if (labels.every((label) => prompt.labels.includes(label))) return own;
  const longest = Math.max(...labels.map((label) => Buffer.byteLength(label)));
  return Math.max(own, Math.ceil(longest / 2) + 4);
}
