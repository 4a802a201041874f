import { untilAborted } from '../foundation/abort.js';
import { type Awaitable, isThenable } from './awaitable.js';

/** Items to process: those of an array, of any iterable or of an asynchronous one. Promises of items are awaited. */
export type InputItems<T> = Iterable<T | PromiseLike<T>> | AsyncIterable<T | PromiseLike<T>>;

/**
 * The items to read: a copy of an array, whose later changes then do not matter, and every other source itself, which is read
 * one item at a time.
 */
export function takeItems<T>(input: InputItems<T>): InputItems<T> {
  disownItems(input);
  return Array.isArray(input) ? input.slice() : input;
}

/** Prevents unhandled rejections of promises in an array that is not read at once. */
export function disownItems(input: InputItems<unknown>): void {
  if (!Array.isArray(input)) return;
  for (const item of input) if (item instanceof Promise) item.catch(nothing);
}

/** The number of items; null where only reading tells it. */
export function countItems(input: InputItems<unknown>): number | null {
  return Array.isArray(input) ? input.length : null;
}

/** The asynchronous iterator of a source that has both. */
export function iteratorOf<T>(input: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  if (Symbol.asyncIterator in Object(input)) return (input as AsyncIterable<T>)[Symbol.asyncIterator]();
  return (input as Iterable<T>)[Symbol.iterator]();
}

/** Reads items one by one. It waits only where the source does. */
export class ItemReader<T> {
  private readonly iterator: Iterator<T | PromiseLike<T>> | AsyncIterator<T | PromiseLike<T>>;
  private state: 'idle' | 'reading' | 'ended' = 'idle';

  /** @param signal ends the wait for the next item; absent for one that is never aborted */
  constructor(
    input: InputItems<T>,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.iterator = iteratorOf(input);
  }

  /** @throws what the source throws; the signal's reason */
  next(): Awaitable<IteratorResult<T | PromiseLike<T>>> {
    this.state = 'ended';
    const answer = this.iterator.next();
    if (isThenable(answer)) return this.receive(answer);
    if (!answer.done) this.state = 'idle';
    return answer;
  }

  /** Tells the source that no more is read, unless it has ended. A source that is still being asked may never answer. */
  async close(): Promise<void> {
    if (this.state === 'idle') await this.iterator.return?.();
  }

  private async receive(answer: Promise<IteratorResult<T | PromiseLike<T>>>) {
    this.state = 'reading';
    const next = await untilAborted(answer, this.signal);
    this.state = next.done ? 'ended' : 'idle';
    return next;
  }
}

function nothing(): void {}
