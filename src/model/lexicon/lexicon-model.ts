import { type Host, nodeHost, sleep } from '../../concurrency/index.js';
import { AnswerInvalidError, InvalidOptionError } from '../../errors/index.js';
import type { Model, ModelAnswer, ModelInfo, ModelRequest } from '../model.js';
import { lexiconScore } from './lexicon-score.js';

/** Options of `lexicon`. */
export interface LexiconOptions {
  /** Waits this long before each answer, in milliseconds, to show concurrency without a server. @default 0 */
  readonly simulatedLatencyMs?: number | undefined;
  /** Clock and timers. @default the machine that Node runs on */
  readonly clock?: Host | undefined;
}

const known = ['positive', 'neutral', 'negative'];

/**
 * Sentiment from a word list (AFINN-165 with negations, emojis and emoticons: the package wink-sentiment). It is no
 * language model: it reads English only, sees no context and reads no prompt. A score above 0 is positive, below 0
 * negative, 0 neutral. It gives no confidence and counts no tokens.
 * @throws InvalidOptionError when the latency is no number of at least 0
 */
export function lexicon(options: LexiconOptions = {}): Model {
  return new LexiconModel(options);
}

class LexiconModel implements Model {
  readonly provider = 'lexicon';
  readonly name = 'wink-sentiment';
  readonly readsPrompt = false;
  readonly caveat: string;
  private readonly clock: Host;

  constructor(private readonly options: LexiconOptions) {
    this.clock = options.clock ?? nodeHost;
    const latency = options.simulatedLatencyMs ?? 0;
    if (!(latency >= 0)) throw new InvalidOptionError('simulatedLatencyMs', 'at least 0 (milliseconds)', latency);
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
    const label = labelOf(lexiconScore(request.subject));
    if (!request.labels.includes(label)) {
      throw new AnswerInvalidError(`of the lexicon is none of ${request.labels.join(', ')}`, label);
    }
    return {
      text: request.schema?.type === 'object' ? JSON.stringify({ sentiment: label }) : label,
      finishReason: 'stop',
      usage: { promptTokens: null, completionTokens: null },
      durations: { totalMs: this.clock.now() - startedAt, firstTokenMs: null, queueMs: null, loadMs: null },
      logprobs: null,
    };
  }

  async close(): Promise<void> {}
}

function labelOf(score: number): string {
  if (score > 0) return 'positive';
  return score < 0 ? 'negative' : 'neutral';
}
