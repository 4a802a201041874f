import type { Review } from '../analysis/review.js';
import { Reservoir, seededRandom } from '../foundation/statistics/random-variates.js';
import { isBlank } from '../foundation/text/visible-text.js';

/** The rows of a trial. */
export interface TrialRows {
  /** In a random order: a time limit cuts off no particular part of the data. */
  readonly reviews: readonly Review[];
  /** All of them carry a gold label that is one of the labels. */
  readonly labelled: boolean;
}

/** The rows on which every prompt is tried. */
export const trialRows = 40;

/** Rows among which those of a trial are drawn: the beginning of a large data set. */
const mostRead = 10_000;

/** With fewer labelled rows the trial is one without gold labels. */
const minLabelledRows = 10;

/** Draws the rows of a trial at random, always the same ones from the same rows. Blank and damaged rows are passed over. */
export class TrialDraw {
  private readonly all = new Reservoir<Review>(trialRows, seededRandom(1));
  private readonly labelled = new Reservoir<Review>(trialRows, seededRandom(1));
  private readonly labels: ReadonlySet<string>;
  private read = 0;

  constructor(labels: readonly string[]) {
    this.labels = new Set(labels);
  }

  /** Whether enough rows were offered that no further row counts. */
  get isFull(): boolean {
    return this.read >= mostRead;
  }

  add(review: Review): void {
    if (this.isFull) return;
    this.read += 1;
    if (!isUsable(review)) return;
    const { index, id, text, expected } = review;
    this.all.add({ index, id, text });
    if (expected !== undefined && this.labels.has(expected)) this.labelled.add({ index, id, text, expected });
  }

  rows(): TrialRows {
    const isLabelled = this.labelled.items.length >= minLabelledRows;
    return { reviews: shuffled(isLabelled ? this.labelled.items : this.all.items), labelled: isLabelled };
  }
}

/** The rows of a trial, drawn from the beginning of a data set. */
export async function drawTrialRows(reviews: AsyncIterable<Review>, labels: readonly string[]): Promise<TrialRows> {
  const draw = new TrialDraw(labels);
  for await (const review of reviews) {
    draw.add(review);
    if (draw.isFull) break;
  }
  return draw.rows();
}

/** In an order that is random, and always the same for as many items. */
export function shuffled<T>(items: readonly T[]): readonly T[] {
  const random = seededRandom(1);
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Whether it can be sent to a model. */
export function isUsable({ text, problem }: Review): boolean {
  return problem === undefined && text !== null && !isBlank(text);
}
