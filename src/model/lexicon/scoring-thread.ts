import { Worker } from 'node:worker_threads';
import { untilAborted } from '../../foundation/abort.js';
import type { Runtime } from '../../foundation/runtime.js';
import { lexiconScore } from './lexicon-score.js';
import type { ThreadMessage } from './lexicon-thread.js';

/** As many texts go to the thread at once: it works on them while the next ones are gathered. */
const batchSize = 32;

/** Fewer are sooner scored than sent. */
const leastBatch = 4;

/** Young objects beyond this are collected, in MB: tokens do not live long. */
const maxYoungGenerationSizeMb = 16;

/** At most this many scores are computed ahead and not requested yet. */
const mostAhead = 2_048;

/** A text that waits for its score. */
interface Waiting {
  readonly text: string;
  readonly resolve: (score: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Scores texts in a thread of its own, in batches of those that are requested in one turn of the event loop. Until the
 * thread runs (some ten milliseconds), and after it is lost, texts are scored in the caller's thread: the score is the
 * same. The thread keeps the process alive only while texts wait.
 */
export class ScoringThread {
  readonly #worker: Worker | undefined;
  /** Whether it has started and not ended. */
  isThere = false;
  #isClosing = false;
  /** What is gathered for the next message. */
  #batch: Waiting[] = [];
  /** What the thread has got and not answered yet, the oldest first. */
  readonly #sent: (readonly Waiting[])[] = [];
  /** Scores ahead of their request, and promises of them. */
  readonly #ahead = new Map<string, number | Promise<number>>();
  #cancelFlush = () => {};

  /** @param url the thread's file */
  constructor(
    url: URL,
    private readonly runtime: Runtime,
  ) {
    this.#worker = startWorker(url);
    this.#worker?.on('message', (message: ThreadMessage) => this.#receive(message));
    // The exit follows.
    this.#worker?.on('error', () => {});
    this.#worker?.on('exit', () => this.#lose());
    this.#worker?.unref();
  }

  /** The score of a text, or a promise of it, which rejects with the signal's reason when that is aborted. */
  score(text: string, signal: AbortSignal): number | Promise<number> {
    const ahead = this.#ahead.get(text);
    this.#ahead.delete(text);
    if (typeof ahead === 'number') return ahead;
    if (!ahead && !this.isThere) return lexiconScore(text);
    return untilAborted(ahead ?? this.#request(text), signal);
  }

  /** Scores texts before they are requested. Each score is kept until it is requested once. */
  prefetch(texts: readonly string[]): void {
    if (!this.isThere) return;
    for (const text of texts) {
      if (this.#ahead.has(text) || this.#ahead.size >= mostAhead) continue;
      const score = this.#request(text);
      this.#ahead.set(text, score);
      const settle = (value?: number) => {
        if (this.#ahead.get(text) !== score) return;
        if (value === undefined) this.#ahead.delete(text);
        else this.#ahead.set(text, value);
      };
      score.then(settle, () => settle());
    }
  }

  #request(text: string): Promise<number> {
    return new Promise((resolve, reject) => this.#add({ text, resolve, reject }));
  }

  /** Ends the thread. Texts that wait are scored here. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#lose();
    await this.#worker?.terminate();
  }

  #add(waiting: Waiting): void {
    this.#batch.push(waiting);
    if (this.#batch.length === 1) this.#cancelFlush = this.runtime.nextTurn(() => this.#flush());
    if (this.#batch.length === batchSize) this.#flush();
  }

  #flush(): void {
    this.#cancelFlush();
    const batch = this.#batch;
    this.#batch = [];
    if (!this.isThere || batch.length < leastBatch) {
      scoreAll(batch);
      return;
    }
    if (this.#sent.length === 0) this.#worker?.ref();
    this.#sent.push(batch);
    this.#worker?.postMessage(batch.map(({ text }) => text));
  }

  #receive(message: ThreadMessage): void {
    if (message === 'ready') {
      this.isThere = !this.#isClosing;
      return;
    }
    const batch = this.#sent.shift() ?? [];
    if (this.#sent.length === 0) this.#worker?.unref();
    for (const [position, { text, resolve }] of batch.entries()) resolve(message[position] ?? lexiconScore(text));
  }

  /** The thread answers no more: what it has got is scored here. */
  #lose(): void {
    this.isThere = false;
    for (const batch of this.#sent.splice(0)) scoreAll(batch);
    this.#flush();
  }
}

/** Undefined if the system has no room for one more thread. */
function startWorker(url: URL): Worker | undefined {
  try {
    return new Worker(url, { name: 'lexicon', execArgv: [], resourceLimits: { maxYoungGenerationSizeMb } });
  } catch {
    return undefined;
  }
}

/** Scores texts in this thread. */
function scoreAll(batch: readonly Waiting[]): void {
  for (const { text, resolve, reject } of batch) {
    try {
      resolve(lexiconScore(text));
    } catch (error) {
      reject(error);
    }
  }
}
