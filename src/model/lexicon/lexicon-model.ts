import { sleep } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { packageRoot } from '../../foundation/package-root.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import type { Model, ModelAnswer, ModelInfo, ModelRequest } from '../model.js';
import { AnswerInvalidError } from '../model-errors.js';
import { lexiconScore } from './lexicon-score.js';
import { ScoringThread } from './scoring-thread.js';

/** Options of `lexicon`. */
export interface LexiconOptions {
  /** Waits this long before each answer, in milliseconds, to show concurrency without a server. @default 0 */
  readonly simulatedLatencyMs?: number | undefined;
  /**
   * Scores texts in a thread of its own, for many thousands of texts that are prefetched, or requested some hundred at a
   * time: one by one it does not pay. Not with a simulated latency, nor where there is one processor.
   * @default in the caller's thread
   */
  readonly thread?: LexiconThreadOptions | undefined;
  /** Clock and timers. @default the machine that Node runs on */
  readonly clock?: Runtime | undefined;
}

const lexiconOptions: OptionNames<LexiconOptions> = { simulatedLatencyMs: true, thread: true, clock: true };

/** Options of the lexicon's thread. */
export interface LexiconThreadOptions {
  /** Requests that are answered before it is started, so that few of them do not pay for it. @default 2000 */
  readonly startAfter?: number | undefined;
  /** Its file. @default the one beside this module */
  readonly url?: URL | undefined;
}

const threadDefaults = { startAfter: 2_000, url: new URL('dist/model/lexicon/lexicon-thread.js', packageRoot) };

const known = ['positive', 'neutral', 'negative'];

/**
 * Sentiment from a lexicon (AFINN-165 with negations, emojis and emoticons: the package wink-sentiment). It is not
 * a language model: it reads English only, sees no context and reads no prompt. A score above 0 is positive, below 0
 * negative, 0 neutral. It gives no confidence and counts no tokens.
 * @throws InvalidOptionError when the latency is not a number of at least 0
 */
export function lexicon(options: LexiconOptions = {}): Model {
  requireKnown('lexicon', options, lexiconOptions);
  return new LexiconModel(options);
}

class LexiconModel implements Model {
  readonly provider = 'lexicon';
  readonly name = 'wink-sentiment';
  readonly readsPrompt = false;
  readonly isDeterministic = true;
  readonly caveat: string;
  private readonly clock: Runtime;
  private mayThread: boolean;
  private thread: ScoringThread | undefined;
  private requested = 0;

  constructor(private readonly options: LexiconOptions) {
    this.clock = options.clock ?? nodeRuntime;
    const latency = options.simulatedLatencyMs ?? 0;
    if (!(latency >= 0)) throw new InvalidOptionError('simulatedLatencyMs', 'at least 0 (milliseconds)', latency);
    this.mayThread = options.thread !== undefined && latency === 0 && this.clock.cpuCount() > 1;
    const waiting = latency > 0 ? `, and its latency of ${latency} ms is simulated` : '';
    this.caveat = `the lexicon is a list of English words, no language model${waiting}`;
  }

  async prepare(sample: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    call.signal.throwIfAborted();
    const unknown = sample.labels.find((label) => !known.includes(label));
    if (unknown !== undefined) {
      throw new InvalidOptionError('labels', `among ${known.join(', ')} for the lexicon`, unknown);
    }
    return { serverVersion: null, loadMs: null };
  }

  async ask(request: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    const startedAt = this.clock.now();
    const { simulatedLatencyMs = 0 } = this.options;
    if (simulatedLatencyMs > 0) await sleep(this.clock, simulatedLatencyMs, call.signal);
    const score = await this.score(request.subject, call.signal);
    const label = score > 0 ? 'positive' : score < 0 ? 'negative' : 'neutral';
    if (!request.labels.includes(label)) {
      throw new AnswerInvalidError(`of the lexicon is none of ${request.labels.join(', ')}`, label);
    }
    return {
      text: request.schema?.type === 'object' ? JSON.stringify({ [request.labelKey ?? 'sentiment']: label }) : label,
      finishReason: 'stop',
      usage: { promptTokens: null, completionTokens: null },
      durations: { totalMs: this.clock.now() - startedAt, firstTokenMs: null, queueMs: null, loadMs: null },
      logprobs: null,
    };
  }

  prefetch(subjects: readonly string[]): void {
    this.thread?.prefetch(subjects);
  }

  async close(): Promise<void> {
    this.mayThread = false;
    const { thread } = this;
    this.thread = undefined;
    await thread?.close();
  }

  private score(text: string, signal: AbortSignal): number | Promise<number> {
    const { startAfter = threadDefaults.startAfter, url = threadDefaults.url } = this.options.thread ?? {};
    this.requested += 1;
    if (this.mayThread && this.requested > startAfter) this.thread ??= new ScoringThread(url, this.clock);
    return this.thread ? this.thread.score(text, signal) : lexiconScore(text);
  }
}
