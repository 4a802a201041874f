import type { LongStrategy } from '../classify/long-texts/long-strategy.js';

/** Reviews that did not fit into the context of the model. */
export interface LongReviewsSummary {
  /** Judged as `strategy` says, or failed because of their length. */
  readonly count: number;
  readonly strategy: LongStrategy;
}

/** Ids that a warning names. */
const named = 5;

/** Counts the reviews that did not fit, and keeps the first ids. */
export class LongReviews {
  private count = 0;
  private judged = 0;
  private readonly ids: string[] = [];

  constructor(private readonly strategy: LongStrategy) {}

  /** @param wasJudged whether it was judged all the same, shortened or in parts */
  add(id: string, wasJudged: boolean): void {
    this.count += 1;
    if (!wasJudged) return;
    this.judged += 1;
    if (this.ids.length < named) this.ids.push(id);
  }

  summary(): LongReviewsSummary {
    return { count: this.count, strategy: this.strategy };
  }

  /** Failures need no warning: they are told as such. */
  warnings(): readonly string[] {
    if (this.judged === 0) return [];
    const more = this.judged - this.ids.length;
    const ids = `${this.ids.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const reviews = this.judged === 1 ? '1 review was' : `${this.judged} reviews were`;
    return [`${reviews} too long for the context and judged ${howOf(this.strategy)} (--long ${this.strategy}): ${ids}`];
  }
}

function howOf(strategy: LongStrategy): string {
  if (strategy === 'split') return 'in parts whose labels were combined';
  const part = { fail: 'nothing', head: 'beginning', tail: 'end', 'head-tail': 'beginning and end' }[strategy];
  return `by the ${part} only`;
}
