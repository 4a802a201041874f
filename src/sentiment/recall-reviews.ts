import { type Recalled, type RunStore, textKey } from '../store/index.js';
import type { PlacedReview } from './placed-review.js';
import type { Review } from './review.js';

/** Reviews that are read ahead of the one that is handed out. */
const ahead = 512;

/** Reviews that are looked up together where nobody waits for one. */
const together = 64;

/** `recalled` is undefined as long as it was not looked up. */
interface ReadReview<T extends Review> {
  readonly review: T;
  readonly position: number;
  readonly key: string | null;
  recalled: Recalled | null | undefined;
}

/**
 * Looks up what a store knows of reviews. They are read ahead, and those that come while the store is busy are looked up
 * together; nobody waits for a source to fill up such a batch.
 * @param announce told of texts that nothing is known of
 * @throws StoreError; what the source throws, after the reviews before that
 */
export async function* recallReviews<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  store: RunStore,
  announce: (texts: readonly string[]) => void,
): AsyncGenerator<PlacedReview<T>, void> {
  const reader = new ReadAhead(reviews, store, announce);
  try {
    for (let next = await reader.next(); next; next = await reader.next()) yield next;
  } finally {
    reader.stop();
  }
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
    private readonly store: RunStore,
    private readonly announce: (texts: readonly string[]) => void,
  ) {}

  /** The next review; undefined at the end. */
  async next(): Promise<PlacedReview<T> | undefined> {
    this.reading ??= this.readAll();
    for (;;) {
      const [first] = this.queue;
      if (first && first.recalled !== undefined) {
        this.queue.shift();
        this.wakeReader?.();
        return { ...first, recalled: first.recalled };
      }
      if (this.storeFailure) throw this.storeFailure.error;
      if (!first && this.sourceFailure) throw this.sourceFailure.error;
      if (!first && this.ended) return undefined;
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
        this.add(review);
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
    const key = problem || text === null || text.trim() === '' ? null : textKey(text);
    const read: ReadReview<T> = { review, position: this.position, key, recalled: key === null ? null : undefined };
    this.position += 1;
    this.queue.push(read);
    if (key !== null) this.unknown.push(read);
    if (this.isAwaited && key === null) this.wakeTaker?.();
    if (this.isAwaited || this.unknown.length >= together) void this.lookUp();
  }

  private async lookUp(): Promise<void> {
    if (this.looking || this.unknown.length === 0) return;
    this.looking = true;
    const batch = this.unknown;
    this.unknown = [];
    try {
      const found = await this.store.recall(batch.map(({ position, key }) => ({ position, key: key ?? '' })));
      for (const [index, read] of batch.entries()) read.recalled = found[index] ?? null;
      this.announce(batch.flatMap(({ recalled, review }) => (recalled ? [] : (review.text ?? []))));
    } catch (error) {
      this.storeFailure = { error };
    }
    this.looking = false;
    this.wakeTaker?.();
    if (this.isAwaited || this.unknown.length >= together) void this.lookUp();
  }
}
