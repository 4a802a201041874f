import { linkAbort, onAbort } from '../../foundation/abort.js';
import { AsyncContext } from '../../foundation/async-context.js';
import { disown } from '../unhandled-rejections.js';
import type { GraphResult } from './graph-run.js';
import type { GraphUpdate, OnUpdate } from './graph-update.js';

/** The updates of a run, each as soon as its node is done. `return()`, and the end of `await using`, stop the run. */
export interface GraphStream<T extends object> extends AsyncIterableIterator<GraphUpdate<T>>, AsyncDisposable {
  return(): Promise<IteratorResult<GraphUpdate<T>, undefined>>;
  /**
   * The result of the run; rejects as `run` does. Each node waits until the reader asks for its update, but no longer once
   * the result has been asked for: updates then wait for the reader.
   */
  readonly result: Promise<GraphResult<T>>;
}

/** Starts a run. */
type Start<T extends object> = (signal: AbortSignal, onUpdate: OnUpdate<T>) => Promise<GraphResult<T>>;

/** A run that begins with the first `next()`, or when its result is asked for. */
export function streamRun<T extends object>(start: Start<T>, signal: AbortSignal | undefined): GraphStream<T> {
  const run = new StreamedRun(start, signal);
  const updates = run.updates();
  return {
    get result() {
      return run.runFreely();
    },
    next: () => updates.next(),
    return: () => {
      run.leave();
      return updates.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}

class StreamedRun<T extends object> {
  /** Whoever reads the stream later may have another context. */
  private readonly asyncContext = new AsyncContext();
  private readonly waiting: GraphUpdate<T>[] = [];
  private result: Promise<GraphResult<T>> | undefined;
  private abort: ReturnType<typeof linkAbort> | undefined;
  private ended = false;
  private left = false;
  /** Whether nodes do not wait for the reader. */
  private free = false;
  private wakeReader = () => {};
  private goOn = () => {};

  constructor(
    private readonly begin: Start<T>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  runFreely(): Promise<GraphResult<T>> {
    this.free = true;
    this.goOn();
    return this.start();
  }

  leave(): void {
    this.left = true;
    this.free = true;
    this.abort?.abort(new Error('the reader of the updates left'));
    this.goOn();
    this.wakeReader();
  }

  async *updates(): AsyncGenerator<GraphUpdate<T>, undefined> {
    const result = this.start();
    try {
      for (let update = await this.take(); update; update = await this.take()) yield update;
    } finally {
      if (!this.ended) this.leave();
      await result.catch(() => {});
    }
    if (!this.left) await result;
    return undefined;
  }

  private start(): Promise<GraphResult<T>> {
    if (this.result) return this.result;
    const abort = linkAbort(this.signal);
    this.abort = abort;
    if (this.left) this.leave();
    const release = onAbort(abort.signal, () => this.goOn());
    this.result = this.asyncContext
      .run(this.begin, abort.signal, (update: GraphUpdate<T>) => this.offer(update))
      .finally(() => {
        release();
        abort.release();
        this.ended = true;
        this.wakeReader();
      });
    disown(this.result);
    return this.result;
  }

  private offer(update: GraphUpdate<T>): Promise<void> | undefined {
    this.waiting.push(update);
    this.wakeReader();
    if (this.free) return undefined;
    return new Promise((resolve) => {
      this.goOn = resolve;
    });
  }

  private async take(): Promise<GraphUpdate<T> | undefined> {
    if (this.waiting.length === 0) this.goOn();
    while (this.waiting.length === 0 && !this.ended && !this.left) {
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
    return this.left ? undefined : this.waiting.shift();
  }
}
