import type { Review } from './review.js';
import type { CachedAnswer } from './run-store.js';

/** A review at its place in the run, with the answer to it that is there already. */
export interface PlacedReview<T extends Review> {
  readonly review: T;
  /** 0-based, among the reviews of the run. */
  readonly position: number;
  /** Of its text; null where there is nothing to ask, or nothing is kept. */
  readonly key: string | null;
  readonly recalled: CachedAnswer | null;
}

/** Whether it is one. */
export function isPlaced(value: unknown): value is PlacedReview<Review> {
  return typeof value === 'object' && value !== null && 'review' in value && 'position' in value;
}

/** About how many characters a review keeps in memory. */
export function sizeOf({ text, weight }: Review): number {
  return Math.max(weight ?? 0, text?.length ?? 0);
}
