import type { Review } from '../../analysis/review.js';
import type { ReviewOutcome } from '../../analysis/stream-reviews.js';
import type { Agent } from '../../classify/agent.js';
import { wilsonInterval } from '../../foundation/statistics/proportions.js';

/** What a trial found out about one prompt. The names are those of `--json`. */
export interface PromptMetrics {
  readonly prompt: string;
  /** The prompt's name and hash. */
  readonly prompt_id: string;
  /** Rows that were answered or failed within the time. */
  readonly rows: number;
  readonly answered: number;
  /** Share of right labels among these rows, failed ones counted as wrong, with Wilson's interval; null without gold labels. */
  readonly accuracy: { readonly value: number; readonly lower: number; readonly upper: number } | null;
  /** Answers by label. */
  readonly answers: Readonly<Record<string, number>>;
  /** Share of the rows answered with the same label, over the other prompts; null where there is no row in common. */
  readonly agreement: number | null;
  /** Median probability of all labels together, where it is known: next to nothing where the model wants to say none. */
  readonly label_mass: number | null;
  /** Means over the answers; null where the server does not count. */
  readonly tokens: { readonly prompt: number | null; readonly completion: number | null };
  /** Answered per second, answers of earlier runs aside; null where none was requested. */
  readonly reviews_per_second: number | null;
  /** The first failure; null where there is none. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** Counts what one prompt answers. */
export class PromptTally {
  /** By position; null for a row that failed. */
  private readonly labels = new Map<number, string | null>();
  private readonly counts: Map<string, number>;
  private readonly tokens = { counted: 0, prompt: 0, completion: 0 };
  private right = 0;
  private labelled = 0;
  private requested = 0;
  private elapsedMs = 0;
  private labelMass: number | null = null;
  private problem: PromptMetrics['problem'] = null;

  constructor(
    private readonly name: string,
    private readonly agent: Agent,
  ) {
    this.counts = new Map(agent.labels.map((label) => [label, 0]));
  }

  /** A row that was stopped, or never begun, does not count. */
  add({ review, result }: ReviewOutcome<Review>): void {
    const { status, sentiment, error_code: code, error } = result;
    if (status !== 'ok' && status !== 'failed') return;
    this.labels.set(review.index, sentiment);
    if (review.expected !== undefined) {
      this.labelled += 1;
      if (sentiment === review.expected) this.right += 1;
    }
    if (sentiment === null) {
      this.problem ??= { code: code ?? '', message: error ?? '' };
      return;
    }
    this.counts.set(sentiment, (this.counts.get(sentiment) ?? 0) + 1);
    if (!result.cached) this.requested += 1;
    if (result.prompt_tokens === null) return;
    this.tokens.counted += 1;
    this.tokens.prompt += result.prompt_tokens;
    this.tokens.completion += result.completion_tokens ?? 0;
  }

  /** Takes how long the rows took, in milliseconds, and the median probability of all labels. */
  end(elapsedMs: number, labelMass: number | null): void {
    this.elapsedMs = elapsedMs;
    this.labelMass = labelMass;
  }

  /** @param all the tallies of all prompts, this one included */
  figures(all: readonly PromptTally[]): PromptMetrics {
    const { labels, counts, tokens, right, labelled, requested, elapsedMs } = this;
    const mean = (sum: number) => (tokens.counted === 0 ? null : sum / tokens.counted);
    return {
      prompt: this.name,
      prompt_id: this.agent.promptId,
      rows: labels.size,
      answered: [...counts.values()].reduce((sum, count) => sum + count, 0),
      accuracy: labelled === 0 ? null : { value: right / labelled, ...wilsonInterval(right, labelled) },
      answers: Object.fromEntries(counts),
      agreement: this.agreementWith(all.filter((other) => other !== this)),
      label_mass: this.labelMass,
      tokens: { prompt: mean(tokens.prompt), completion: mean(tokens.completion) },
      reviews_per_second: requested > 0 && elapsedMs > 0 ? (requested / elapsedMs) * 1_000 : null,
      problem: this.problem,
    };
  }

  private agreementWith(others: readonly PromptTally[]): number | null {
    let common = 0;
    let same = 0;
    for (const other of others) {
      for (const [row, label] of this.labels) {
        const theirs = other.labels.get(row);
        if (label === null || theirs === undefined || theirs === null) continue;
        common += 1;
        if (label === theirs) same += 1;
      }
    }
    return common === 0 ? null : same / common;
  }
}
