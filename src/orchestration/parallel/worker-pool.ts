import { createAbortController, untilAborted } from '../../foundation/abort.js';
import { failureOf } from '../../foundation/events/event.js';
import type { Emit } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { isThenable } from '../awaitable.js';
import { type InputItems, iteratorOf } from '../input-items.js';
import { TimeSlice } from '../time-slice.js';
import { type StartedOutcome, type StreamOutcome, TaskError } from './parallel-errors.js';
import { callProcessor, type Processor } from './workers.js';

/** The options of a parallel run, checked and completed. */
export interface PoolSettings<R> {
  readonly concurrency: number;
  /** Outcomes that may wait to be taken; the number of items, or Infinity, where all are taken at the end. */
  readonly backpressure: number;
  readonly failFast: boolean;
  /** Number of items; null if the source was not counted. */
  readonly total: number | null;
  readonly emit: Emit | undefined;
  readonly runtime: Runtime;
  /** Whether an array of items is a copy for this run. @default false */
  readonly ownsItems?: boolean | undefined;
  readonly onSuccess?: ((succeeded: number, value: R) => void) | undefined;
}

/**
 * Runs a processor over the items of a source: starts items while there is room, keeps the outcomes that finished behind
 * a slow item, and gives the outcomes in input order.
 */
export class WorkerPool<T, R> {
  /** Why no further item is started, when it is not the end of the source. */
  ending: { readonly error: unknown } | undefined;
  readonly counts = { ok: 0, failed: 0, cancelled: 0 };
  /** Outcomes that were not taken: that of an item stands at its index modulo `backpressure`. */
  readonly finished: (StartedOutcome<R> | undefined)[];

  /** The items of `finished`, at the same places. */
  readonly items: T[];
  /** Number of items. */
  started = 0;

  private readonly readerLeft = new Error('the reader of the stream went away');
  private readonly controller = createAbortController();
  private readonly idleWorkers: number[] = [];
  private workers = 0;
  /** Read by position: an iterator would make an object for each item. */
  private readonly array: readonly (T | PromiseLike<T>)[] | undefined;
  /** The item that was read last. */
  private given: T | PromiseLike<T> | undefined;
  /** Opened by the first read. */
  private iterator: Iterator<T | PromiseLike<T>> | AsyncIterator<T | PromiseLike<T>> | undefined;
  private source: 'open' | 'ended' | 'broken' = 'open';
  private taken = 0;
  private inFlight = 0;
  /** The next item of an asynchronous source has been requested. */
  private reading = false;
  /** Items that were read and not started. */
  private turnedAway = 0;
  private filling = false;
  private readonly slice: TimeSlice;
  /** No item is started until the event loop has had a turn. */
  private paused = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly input: InputItems<T>,
    private readonly processor: Processor<T, R>,
    private readonly settings: PoolSettings<R>,
  ) {
    this.slice = new TimeSlice(settings.runtime);
    this.array = isPlainArray(input) ? input : undefined;
    const own = settings.ownsItems ? this.array : undefined;
    this.items = own ? (own as T[]) : [];
    this.finished = own ? new Array(own.length) : [];
  }

  /** Emits the first event of the run. */
  start(): void {
    const { emit, total, concurrency, failFast, onSuccess } = this.settings;
    emit?.('parallel.start', {
      item_count: total,
      worker_count: concurrency,
      fail_fast: failFast,
      has_progress_callback: onSuccess !== undefined,
    });
  }

  /** Emits the last event of the run. @param failed for an error that may be `undefined` */
  complete(error: unknown, failed = error !== undefined): void {
    this.settings.emit?.('parallel.complete', {
      items_processed: this.counts.ok,
      items_failed: this.counts.failed,
      items_cancelled: this.counts.cancelled,
      items_not_started: this.notStarted,
      ...failureOf(error, failed),
    });
  }

  /** Items of the source that were never started; null if the source was neither counted nor read to its end. */
  get notStarted(): number | null {
    const { total } = this.settings;
    if (total !== null) return total - this.started;
    return this.source === 'ended' ? this.turnedAway : null;
  }

  private get exhausted(): boolean {
    return this.source === 'ended' || this.started === this.settings.total;
  }

  /**
   * Starts nothing further and aborts what is in flight. The first reason for which the run ends counts; when the last
   * item is done, none does.
   */
  stop(reason: unknown): void {
    if (!this.ending && this.exhausted && this.inFlight === 0) return;
    this.ending ??= { error: reason };
    this.controller.abort(reason);
    this.wake?.();
  }

  /** Stops the run because its reader is gone. */
  leave(): void {
    this.stop(this.readerLeft);
  }

  /** Whether the reader's leaving is what ended the run. */
  get abandoned(): boolean {
    return this.ending?.error === this.readerLeft;
  }

  /** The next outcome in input order; undefined when there will be none. */
  async take(): Promise<StreamOutcome<T, R> | undefined> {
    for (;;) {
      this.fill();
      const slot = this.taken % this.settings.backpressure;
      const outcome = this.finished[slot];
      if (outcome) {
        const item = this.items[slot] as T;
        this.finished[slot] = undefined;
        this.taken += 1;
        this.fill();
        return withItem(outcome, item);
      }
      const isEnd = this.ending || this.exhausted;
      if (this.started === this.taken && isEnd) return undefined;
      await this.nextChange();
    }
  }

  /** Starts all items and waits until every started one has ended. */
  async drain(): Promise<void> {
    this.fill();
    while (this.inFlight > 0 || this.paused || (this.reading && !this.ending)) await this.nextChange();
  }

  /** Whether the source failed. */
  get isBroken(): boolean {
    return this.source === 'broken';
  }

  /**
   * Waits until no processor is in flight, and closes the source.
   * @throws what the source throws while it is closed
   */
  async close(): Promise<void> {
    while (this.inFlight > 0 || this.paused) await this.nextChange();
    if (this.source !== 'open') return;
    const closing = this.closeSource();
    // A source that is still being asked cannot be closed before it answers, which may be never.
    if (this.reading) closing.catch(() => {});
    else await closing;
  }

  private async closeSource(): Promise<void> {
    await this.iterator?.return?.();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private get hasRoom(): boolean {
    const { concurrency, backpressure } = this.settings;
    if (this.source !== 'open' || this.ending || this.reading || this.paused || this.exhausted) return false;
    return this.inFlight < concurrency && this.started - this.taken < backpressure;
  }

  /** Starts items while there is room. Not re-entrant: a processor may stop the run before its first `await`. */
  private fill(): void {
    if (this.filling) return;
    this.filling = true;
    while (this.hasRoom) this.read();
    this.filling = false;
  }

  private pause(): void {
    if (this.paused || this.ending || this.exhausted) return;
    this.paused = true;
    this.settings.runtime.nextTurn(() => {
      this.paused = false;
      this.fill();
      this.wake?.();
    });
  }

  private read(): void {
    if (this.readNext()) void this.work(this.given as T);
  }

  /** Reads the next item of a source that gives it at once; an asynchronous source starts its item itself, later. */
  private readNext(): boolean {
    const { array } = this;
    if (array) {
      if (this.started >= array.length) this.source = 'ended';
      else this.given = array[this.started];
      return this.source === 'open';
    }
    return this.readStep();
  }

  private readStep(): boolean {
    try {
      this.iterator ??= iteratorOf(this.input);
      const step = this.iterator.next();
      if (typeof step !== 'object' || step === null)
        throw new TypeError(`an iterator must give an object, but gave ${step}`);
      if (!('then' in step)) return this.accept(step);
      void this.readLater(step);
    } catch (error) {
      this.breakOff(error);
    }
    return false;
  }

  private async readLater(answer: Promise<IteratorResult<T | PromiseLike<T>>>): Promise<void> {
    this.reading = true;
    try {
      if (this.accept(await answer)) void this.work(this.given as T);
    } catch (error) {
      this.breakOff(error);
    }
    this.reading = false;
    this.fill();
    this.wake?.();
  }

  private accept(step: IteratorResult<T | PromiseLike<T>>): boolean {
    if (step.done) this.source = 'ended';
    else if (this.ending) this.turnedAway += 1;
    else this.given = step.value;
    return this.source === 'open' && !this.ending;
  }

  private breakOff(error: unknown): void {
    this.source = 'broken';
    this.ending ??= { error };
  }

  /** One worker: processes items for as long as there is room and the source gives them at once. */
  private async work(first: T | PromiseLike<T>): Promise<void> {
    const { emit, failFast, total, onSuccess, backpressure } = this.settings;
    const { signal } = this.controller;
    const workerId = this.idleWorkers.pop() ?? this.workers++;
    for (let given = first; ; ) {
      const index = this.started++;
      this.inFlight += 1;
      emit?.('worker.start', { worker_id: workerId, item_index: index, total_items: total });
      let outcome: StartedOutcome<R>;
      // Where the promise of an item is rejected, the promise stands for it.
      let item = given as T;
      try {
        if (isThenable(given)) item = await untilAborted(Promise.resolve(given), signal);
        const value = await callProcessor(this.processor, item, { index, workerId, signal });
        outcome = { status: 'ok', index, value };
      } catch (error) {
        outcome = { status: signal.aborted ? 'cancelled' : 'failed', index, error };
      }
      emit?.('worker.complete', {
        worker_id: workerId,
        item_index: index,
        total_items: total,
        ...failureOf(outcome.status === 'ok' ? undefined : outcome.error, outcome.status !== 'ok'),
      });
      if (outcome.status === 'failed' && failFast) this.stop(new TaskError(index, item, outcome.error));
      this.counts[outcome.status] += 1;
      if (outcome.status === 'ok') onSuccess?.(this.counts.ok, outcome.value);
      this.inFlight -= 1;
      const slot = index % backpressure;
      this.finished[slot] = outcome;
      if (this.items[slot] !== item) this.items[slot] = item;
      if (this.slice.isOver()) this.pause();
      const more = !this.filling && this.hasRoom && this.readNext();
      // The reader waits for the first outcome that was not taken, or for the end.
      if (index === this.taken || (this.inFlight === 0 && !more)) this.wake?.();
      if (!more) break;
      given = this.given as T;
    }
    this.idleWorkers.push(workerId);
  }
}

/** Whether an array has the order of its positions, and no iterator of its own. */
function isPlainArray<T>(input: InputItems<T>): input is (T | PromiseLike<T>)[] {
  if (!Array.isArray(input) || Symbol.asyncIterator in input) return false;
  return input[Symbol.iterator] === Array.prototype[Symbol.iterator];
}

/** Written out: a spread of a union is four times as slow. */
function withItem<T, R>(outcome: StartedOutcome<R>, item: T): StreamOutcome<T, R> {
  const { status, index } = outcome;
  return status === 'ok'
    ? { status, index, item, value: outcome.value }
    : { status, index, item, error: outcome.error };
}
