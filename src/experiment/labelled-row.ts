import type { Review } from '../sentiment/index.js';

/** A row that all variants are asked about. */
export interface LabelledRow extends Review {
  readonly text: string;
  /** One of the labels. */
  readonly expected: string;
}
