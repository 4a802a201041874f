import type { LongStrategy } from '../classify/long-texts/long-strategy.js';
import type { Warning } from '../foundation/errors/chorale-error.js';

/** Reviews that did not fit into the context window of the model. */
export interface LongReviewsSummary {
  /** Classified as `strategy` says, or failed because of their length. */
  readonly count: number;
  readonly strategy: LongStrategy;
}

/** Ids that a warning names. */
const mostNamed = 5;

const classifiedBy: Readonly<Record<LongStrategy, string>> = {
  fail: 'by nothing',
  head: 'by the beginning only',
  tail: 'by the end only',
  'head-tail': 'by the beginning and end only',
  split: 'in chunks whose labels were combined',
};

/** Counts the reviews that did not fit, and keeps the first ids. */
export class LongReviews {
  private count = 0;
  private classified = 0;
  private readonly ids: string[] = [];

  constructor(private readonly strategy: LongStrategy) {}

  add(id: string, isClassified: boolean): void {
    this.count += 1;
    if (!isClassified) return;
    this.classified += 1;
    if (this.ids.length < mostNamed) this.ids.push(id);
  }

  summary(): LongReviewsSummary {
    return { count: this.count, strategy: this.strategy };
  }

  /** Failures need no warning: the summary counts them. */
  warnings(): readonly Warning[] {
    const { classified, ids, strategy } = this;
    if (classified === 0) return [];
    const more = classified > ids.length ? ` and ${classified - ids.length} more` : '';
    const reviews = classified === 1 ? '1 review was' : `${classified} reviews were`;
    const problem = `${reviews} too long for the context window and classified ${classifiedBy[strategy]}`;
    return [[`${problem} (`, { option: 'long', value: strategy }, `): ${ids.join(', ')}${more}`]];
  }
}
