import { seededRandom } from '../../concurrency/index.js';
import type { Review } from '../../sentiment/index.js';
import { isBlank } from '../../text/index.js';

/** The rows of a trial. */
export interface TrialRows {
  /** In a random order: a time limit cuts off no particular part of the data. */
  readonly reviews: readonly Review[];
  /** All of them carry a gold label that is one of the labels. */
  readonly labelled: boolean;
}

/** Rows that every prompt is asked about. */
export const trialRows = 40;

/** Rows among which those of a trial are drawn: the beginning of a large data set. */
const mostRead = 10_000;

/** With fewer labelled rows the trial is one without gold labels. */
const fewestLabelled = 10;

/** Draws the rows of a trial at random, always the same ones from the same rows. Blank and damaged rows are passed over. */
export async function drawTrialRows(reviews: AsyncIterable<Review>, labels: readonly string[]): Promise<TrialRows> {
  const known = new Set(labels);
  const all = new Reservoir<Review>(trialRows);
  const labelled = new Reservoir<Review>(trialRows);
  let read = 0;
  for await (const review of reviews) {
    const { index, id, text, expected } = review;
    if (isUsable(review)) all.add({ index, id, text });
    if (isUsable(review) && expected !== undefined && known.has(expected)) labelled.add({ index, id, text, expected });
    read += 1;
    if (read >= mostRead) break;
  }
  const isLabelled = labelled.items.length >= fewestLabelled;
  const drawn = isLabelled ? labelled.items : all.items;
  return { reviews: shuffled(drawn), labelled: isLabelled };
}

/** In an order that is random, and always the same for as many items. */
export function shuffled<T>(items: readonly T[]): readonly T[] {
  const random = seededRandom(1);
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Whether a model can be asked about it. */
export function isUsable({ text, problem }: Review): boolean {
  return problem === undefined && text !== null && !isBlank(text);
}

/** Keeps some of the items that it is shown, each with the same probability (Vitter's algorithm R). */
export class Reservoir<T> {
  readonly items: T[] = [];
  private readonly random = seededRandom(1);
  private seen = 0;

  constructor(private readonly size: number) {}

  add(item: T): void {
    this.seen += 1;
    if (this.items.length < this.size) {
      this.items.push(item);
      return;
    }
    const place = Math.floor(this.random() * this.seen);
    if (place < this.size) this.items[place] = item;
  }
}
