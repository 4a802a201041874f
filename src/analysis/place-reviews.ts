import { type PlacedReview, sizeOf } from './placed-review.js';
import { type CacheLookupOptions, lookUpReviews } from './recall-reviews.js';
import type { Review } from './review.js';
import type { SizeLimit } from './weight-limit.js';

/**
 * The reviews of a run, each with its place, and with the answer that a store has for it. They are read as they are
 * taken, a few ahead where there is a store, and not while those in work weigh too much.
 */
export function placeReviews<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  weights: SizeLimit,
  lookUp: Omit<CacheLookupOptions, 'weights'> | undefined,
): Iterable<PlacedReview<T>> | AsyncIterable<PlacedReview<T>> {
  if (lookUp) return lookUpReviews(reviews, { ...lookUp, weights });
  // Those of an array are in memory anyway, and their number is known.
  return Array.isArray(reviews) ? reviews.map(unknown) : places(reviews, weights);
}

async function* places<T extends Review>(
  reviews: Iterable<T> | AsyncIterable<T>,
  weights: SizeLimit,
): AsyncGenerator<PlacedReview<T>, void> {
  let position = 0;
  for await (const review of reviews) {
    const room = weights.take(sizeOf(review));
    yield unknown(review, position++);
    if (room) await room;
  }
}

function unknown<T extends Review>(review: T, position: number): PlacedReview<T> {
  return { review, position, key: null, recalled: null };
}
