/** What a processor is told besides its item. */
export interface TaskContext {
  /** 0-based position of the item in the input. */
  readonly index: number;
  /** 0-based number of the worker that runs it. */
  readonly workerId: number;
  /** Aborted when the run is stopped: by its caller, or by another item's failure under fail-fast. */
  readonly signal: AbortSignal;
}

/** Does the work of one item. It may return a value or a promise, throw or reject. */
export type Processor<T, R> = (item: T, context: TaskContext) => R | PromiseLike<R>;

/** Calls a processor so that what it throws at once takes the same path as a rejection. */
export function callProcessor<T, R>(processor: Processor<T, R>, item: T, context: TaskContext): R | PromiseLike<R> {
  try {
    return processor(item, context);
  } catch (error) {
    return Promise.reject(error);
  }
}
