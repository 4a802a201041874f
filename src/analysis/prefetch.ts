import type { Review } from './review.js';

/** Reviews that are read and not yet taken. */
const mostAhead = 256;

/** Characters of the reviews that are read and not yet completed. */
const mostCharacters = 48_000_000;

/** About how many characters a review keeps in memory. */
export function sizeOf({ text, columns, size }: Review): number {
  let own = text?.length ?? 0;
  for (const name in columns) {
    const cell = columns[name];
    if (typeof cell === 'string') own += cell.length;
  }
  return Math.max(size ?? 0, own);
}

/** Bounds the memory of the reviews in flight. A single review may be larger. */
export class SizeLimit {
  private held = 0;
  private proceed: (() => void) | undefined;

  /** Adds the size of a review. The reader awaits the promise, where there is one, before it reads on. */
  take(size: number): Promise<void> | undefined {
    this.held += size;
    if (this.held <= mostCharacters) return undefined;
    return new Promise((resolve) => {
      this.proceed = resolve;
    });
  }

  /** Removes the size of a completed review. */
  give(size: number): void {
    this.held -= size;
    if (this.held > mostCharacters) return;
    this.proceed?.();
    this.proceed = undefined;
  }

  /** Lifts the limit. */
  end(): void {
    this.held = Number.NEGATIVE_INFINITY;
    this.proceed?.();
  }
}

/** Reads reviews ahead of their use, within the bounds above. */
export class Prefetch<T extends Review> {
  private queue: T[] = [];
  private reading: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;
  private hasEnded = false;
  private isStopped = false;
  private wakeReader = () => {};
  private wakeTaker = () => {};

  constructor(
    private readonly reviews: Iterable<T> | AsyncIterable<T>,
    private readonly sizes: SizeLimit,
  ) {}

  /**
   * The reviews that were read since the last call, at least one; undefined at the end.
   * @throws what the source throws, after the reviews before it
   */
  async take(): Promise<readonly T[] | undefined> {
    this.reading ??= this.readAll();
    while (this.queue.length === 0 && !this.hasEnded) {
      await new Promise<void>((resolve) => {
        this.wakeTaker = resolve;
      });
    }
    const batch = this.queue;
    this.queue = [];
    this.wakeReader();
    if (batch.length > 0) return batch;
    if (this.failure) throw this.failure.error;
    return undefined;
  }

  /** Ends the reading; a source that is being read is closed at its next review. */
  stop(): void {
    this.isStopped = true;
    this.wakeReader();
  }

  private async readAll(): Promise<void> {
    try {
      const source = iteratorOf(this.reviews);
      for (;;) {
        const next = source.next();
        // Many sources give a step without a promise: a million of them must not take as many turns.
        const step = 'then' in next ? await next : next;
        if (step.done) break;
        if (this.isStopped) {
          await source.return?.();
          return;
        }
        const room = this.sizes.take(sizeOf(step.value));
        this.queue.push(step.value);
        this.wakeTaker();
        if (room) await room;
        while (this.queue.length >= mostAhead && !this.isStopped) {
          await new Promise<void>((resolve) => {
            this.wakeReader = resolve;
          });
        }
      }
    } catch (error) {
      this.failure = { error };
    }
    this.hasEnded = true;
    this.wakeTaker();
  }
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}
