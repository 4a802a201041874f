import { fileURLToPath } from 'node:url';
import { readRows } from '../../data/read-rows.js';

/** A review of the demo. */
export interface DemoReview {
  readonly product: string;
  readonly text: string;
}

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** The configuration that the demo loads when none is named. */
export const demoConfig = `${examples}config.llama.json`;

/** The data set of the demo. */
export const demoInput = `${examples}reviews.csv`;

/** The twelve reviews of `examples/reviews.csv`. */
export async function loadDemoReviews(): Promise<DemoReview[]> {
  const reviews: DemoReview[] = [];
  for await (const { cells } of readRows([{ path: demoInput, format: 'csv' }])) {
    const [product, text] = cells;
    reviews.push({ product: String(product), text: String(text) });
  }
  return reviews;
}
