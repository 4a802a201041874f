import { isBlank } from '../foundation/text/visible-text.js';
import { type PlacedReview, sizeOf } from './placed-review.js';
import type { Review } from './review.js';
import type { CachedAnswer, RecordedAnswer, RunStore } from './run-store.js';
import { textKey } from './text-key.js';
import type { SizeLimit } from './weight-limit.js';

/** Reviews that are read ahead of the one that is handed out. */
const ahead = 512;

/** Reviews that are looked up together where nobody waits for one. */
const together = 64;

/** `recalled` is undefined as long as it was not looked up. */
interface ReadReview<T extends Review> {
  readonly review: T;
  readonly position: number;
  readonly key: string | null;
  recalled: CachedAnswer | null | undefined;
}

/** What reviews are looked up with. */
export interface CacheLookupOptions {
  readonly store: RunStore;
  readonly weights: SizeLimit;
  /** Whether an answer that is there can be used. */
  readonly isUsable: (answer: RecordedAnswer) => boolean;
  /** Told of texts that nothing is known of. */
  readonly prefetch: (texts: readonly string[]) => void;
}

/**
 * Looks up what a store knows of reviews. They are read ahead, and those that come while the store is busy are looked up
 * together; nobody waits for a source to fill up such a batch. Reading throws a StoreError, or what the source throws
 * after the reviews before that.
 */
export function lookUpReviews<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  options: CacheLookupOptions,
): AsyncIterable<PlacedReview<T>> {
  return {
    [Symbol.asyncIterator]() {
      const reader = new ReadAhead(reviews, options);
      return {
        next: () => reader.next(),
        async return() {
          reader.stop();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

class ReadAhead<T extends Review> {
  private readonly queue: ReadReview<T>[] = [];
  /** Those of the queue that nobody has looked up yet. */
  private unknown: ReadReview<T>[] = [];
  private position = 0;
  private reading: Promise<void> | undefined;
  private looking = false;
  /** Somebody waits for the first of the queue. */
  private isAwaited = false;
  private ended = false;
  private stopped = false;
  private sourceFailure: { readonly error: unknown } | undefined;
  private storeFailure: { readonly error: unknown } | undefined;
  private wakeReader: (() => void) | undefined;
  private wakeTaker: (() => void) | undefined;

  constructor(
    private readonly reviews: Iterable<T> | AsyncIterable<T>,
    private readonly options: CacheLookupOptions,
  ) {}

  /** The next review. */
  async next(): Promise<IteratorResult<PlacedReview<T>, undefined>> {
    this.reading ??= this.readAll();
    for (;;) {
      const [first] = this.queue;
      if (first && first.recalled !== undefined) {
        this.queue.shift();
        this.wakeReader?.();
        const { review, position, key, recalled } = first;
        return { done: false, value: { review, position, key, recalled } };
      }
      if (this.storeFailure) throw this.storeFailure.error;
      if (!first && this.sourceFailure) throw this.sourceFailure.error;
      if (!first && this.ended) return { done: true, value: undefined };
      this.isAwaited = true;
      void this.lookUp();
      await new Promise<void>((resolve) => {
        this.wakeTaker = resolve;
      });
      this.isAwaited = false;
    }
  }

  /** Ends the reading; a source that is being asked is closed when it answers. */
  stop(): void {
    this.stopped = true;
    this.wakeReader?.();
  }

  private async readAll(): Promise<void> {
    try {
      for await (const review of this.reviews) {
        if (this.stopped) return;
        const room = this.options.weights.take(sizeOf(review));
        this.add(review);
        if (room) await room;
        while (this.queue.length >= ahead && !this.stopped) {
          await new Promise<void>((resolve) => {
            this.wakeReader = resolve;
          });
        }
      }
    } catch (error) {
      this.sourceFailure = { error };
    }
    this.ended = true;
    this.wakeTaker?.();
  }

  private add(review: T): void {
    const { text, problem } = review;
    const key = problem || text === null || isBlank(text) ? null : textKey(text);
    const read: ReadReview<T> = { review, position: this.position, key, recalled: key === null ? null : undefined };
    this.position += 1;
    this.queue.push(read);
    if (key !== null) this.unknown.push(read);
    if (this.isAwaited && key === null) this.wakeTaker?.();
    if (this.isAwaited || this.unknown.length >= together) void this.lookUp();
  }

  private usable(recalled: CachedAnswer | null): CachedAnswer | null {
    return recalled && this.options.isUsable(recalled.answer) ? recalled : null;
  }

  private async lookUp(): Promise<void> {
    if (this.looking || this.unknown.length === 0) return;
    this.looking = true;
    const batch = this.unknown;
    this.unknown = [];
    try {
      const found = await this.options.store.lookUp(batch.map(({ position, key }) => ({ position, key: key ?? '' })));
      for (const [index, read] of batch.entries()) read.recalled = this.usable(found[index] ?? null);
      this.options.prefetch(batch.flatMap(({ recalled, review }) => (recalled ? [] : (review.text ?? []))));
    } catch (error) {
      this.storeFailure = { error };
    }
    this.looking = false;
    this.wakeTaker?.();
    if (this.isAwaited || this.unknown.length >= together) void this.lookUp();
  }
}
