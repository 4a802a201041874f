/** A source that counts how it is used. */
export interface TrackedSource<T> {
  readonly source: Iterable<T> & AsyncIterable<T>;
  readonly counts: { opened: number; asked: number; closed: number };
}

interface TrackedSourceOptions<T> {
  /** What it answers when it is asked for the item of an index. */
  readonly next: (index: number) => IteratorResult<T> | Promise<IteratorResult<T>>;
  readonly onReturn?: () => void | Promise<void>;
}

/** A source whose answers the test makes; asynchronous if any answer is a promise. */
export function createTrackedSource<T>({ next, onReturn }: TrackedSourceOptions<T>): TrackedSource<T> {
  const counts = { opened: 0, asked: 0, closed: 0 };
  const open = () => {
    counts.opened += 1;
    return {
      next: () => next(counts.asked++),
      return: () => {
        counts.closed += 1;
        const closing = onReturn?.();
        const done = { done: true as const, value: undefined };
        return closing ? closing.then(() => done) : done;
      },
    };
  };
  return { source: { [Symbol.asyncIterator]: open, [Symbol.iterator]: open } as never, counts };
}

/** Answers with the index itself, and with the end after `length` items. */
export const numbers =
  (length: number) =>
  (index: number): IteratorResult<number> =>
    index < length ? { done: false, value: index } : { done: true, value: undefined };
