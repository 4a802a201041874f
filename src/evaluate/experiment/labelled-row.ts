import type { Review } from '../../analysis/review.js';

/** A row that all variants are asked about. */
export interface LabelledRow extends Review {
  readonly text: string;
  /** One of the labels. */
  readonly expected: string;
}
