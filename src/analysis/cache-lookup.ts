import { cellsOf } from '../classify/prompt/prompt-input.js';
import { isBlank } from '../foundation/text/visible-text.js';
import { inputKey, textKey } from './fingerprint.js';
import { Prefetch, type SizeLimit, sizeOf } from './prefetch.js';
import type { Review } from './review.js';
import type { CachedPrediction, RecordedPrediction, RunStore } from './run-store.js';

/** A review at its place in the run, with the prediction that the store has for it. */
export interface PlacedReview<T extends Review> {
  readonly review: T;
  /** 0-based, among the reviews of the run. */
  readonly position: number;
  /** Of what the prompt shows of it; null if there is nothing to classify, or no store. */
  readonly key: string | null;
  readonly cached: CachedPrediction | null;
}

/** Where predictions are looked up. */
export interface CacheLookupOptions {
  readonly store: RunStore;
  /** The columns that the prompt shows beside the text. */
  readonly columns: readonly string[];
  /** Whether a recorded prediction can be used. */
  readonly isReusable: (prediction: RecordedPrediction) => boolean;
  /** Called with texts that the store does not know: they will be requested soon. */
  readonly onUnknown: (texts: readonly string[]) => void;
}

/**
 * Looks up reviews in a store, those that were prefetched since the last lookup together; one lookup runs while the reviews
 * of another are used. Reading throws a StoreError, or what the source throws after the reviews before it.
 */
export function lookUpReviews<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  sizes: SizeLimit,
  options: CacheLookupOptions,
): AsyncIterable<PlacedReview<T>> {
  return {
    [Symbol.asyncIterator]() {
      const prefetch = new Prefetch(reviews, sizes);
      const lookup = new CacheLookup(prefetch, options);
      return {
        // A step without a promise: a million of them must not take as many turns.
        next: () => lookup.next() as Promise<IteratorResult<PlacedReview<T>, undefined>>,
        async return() {
          prefetch.stop();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Reviews of a run without a store. */
export function placeReviews<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  sizes: SizeLimit,
): Iterable<PlacedReview<T>> | AsyncIterable<PlacedReview<T>> {
  const place = (review: T, position: number) => ({ review, position, key: null, cached: null });
  // The reviews of an array are in memory anyway, and their number is known.
  if (Array.isArray(reviews)) return reviews.map(place);
  return (async function* () {
    let position = 0;
    for await (const review of reviews) {
      const room = sizes.take(sizeOf(review));
      yield place(review, position++);
      if (room) await room;
    }
  })();
}

class CacheLookup<T extends Review> {
  private batch: readonly PlacedReview<T>[] = [];
  private taken = 0;
  private position = 0;
  private pending: Promise<readonly PlacedReview<T>[] | undefined> | undefined;

  constructor(
    private readonly prefetch: Prefetch<T>,
    private readonly options: CacheLookupOptions,
  ) {}

  next(): IteratorResult<PlacedReview<T>, undefined> | Promise<IteratorResult<PlacedReview<T>, undefined>> {
    const placed = this.batch[this.taken++];
    return placed ? { done: false, value: placed } : this.nextBatch();
  }

  private async nextBatch(): Promise<IteratorResult<PlacedReview<T>, undefined>> {
    const [first, ...others] = (await (this.pending ?? this.lookUp())) ?? [];
    if (!first) return { done: true, value: undefined };
    this.batch = others;
    this.taken = 0;
    this.pending = this.lookUp();
    // Prevents an unhandled rejection: the next call throws the error.
    this.pending.catch(() => {});
    return { done: false, value: first };
  }

  private async lookUp(): Promise<readonly PlacedReview<T>[] | undefined> {
    const reviews = await this.prefetch.take();
    if (!reviews) return undefined;
    const { store, columns, isReusable, onUnknown } = this.options;
    const first = this.position;
    this.position += reviews.length;
    const keys = reviews.map((review) => keyOf(review, columns));
    const lookups = keys.flatMap((key, index) => (key === null ? [] : { position: first + index, key }));
    const found = lookups.length === 0 ? [] : await store.lookUp(lookups);
    let next = 0;
    const placed = reviews.map((review, index) => {
      const key = keys[index] ?? null;
      const known = key === null ? null : (found[next++] ?? null);
      const cached = known && isReusable(known.prediction) ? known : null;
      return { review, position: first + index, key, cached };
    });
    onUnknown(placed.flatMap(({ review, key, cached }) => (cached || key === null ? [] : (review.text ?? []))));
    return placed;
  }
}

function keyOf({ text, columns, problem }: Review, names: readonly string[]): string | null {
  if (problem || text === null || isBlank(text)) return null;
  if (names.length === 0) return textKey(text);
  const cells = cellsOf(columns, names);
  // A review without a column fails.
  return cells.includes(undefined) ? null : inputKey(text, cells);
}
