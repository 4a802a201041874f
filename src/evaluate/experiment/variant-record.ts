import { FailureCounts } from '../../analysis/failure-counts.js';
import type { ReviewOutcome } from '../../analysis/stream-reviews.js';
import type { FailureCount, Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { codeOf, messageOf } from '../../foundation/errors/chorale-error.js';
import { Effort } from './effort.js';
import type { Variant } from './experiment-plan.js';
import type { LabelledRow } from './labelled-row.js';
import { RoundAnswers } from './round-answers.js';

/** What is known of a variant while the experiment goes on: its answers, and what they took. */
export class VariantRecord {
  readonly rounds: RoundAnswers[] = [];
  /** Ids of the runs in the store, round by round; empty where nothing is recorded. */
  readonly runs: string[] = [];
  readonly effort = new Effort();
  /** Of the model, once it is known. */
  provider = '';
  model = '';
  promptId = '';
  caveat: string | null = null;
  serverVersion: string | null = null;
  digest: string | null = null;
  /** Why the variant could not be asked; undefined where it could. */
  failure: { readonly error: unknown; readonly code: string; readonly message: string } | undefined;
  /** Answers that were there already. */
  cached = 0;
  /** Answers whose tokens were counted. */
  counted = 0;
  promptTokens = 0;
  completionTokens = 0;
  /** What makes the answers doubtful; null where nothing does. */
  doubt: string | null = null;
  private readonly failures = new FailureCounts();

  constructor(
    readonly variant: Variant,
    private readonly labels: readonly string[],
    private readonly rows: number,
  ) {}

  describe({ model, promptId }: Agent): void {
    this.provider = model.provider;
    this.model = model.name;
    this.promptId = promptId;
    this.caveat = model.caveat;
  }

  /** Begins the next round. */
  beginRound(): RoundAnswers {
    const round = new RoundAnswers(this.labels, this.rows);
    this.rounds.push(round);
    return round;
  }

  /** Counts what an answer took. */
  add({ result }: ReviewOutcome<LabelledRow>): void {
    if (result.cached) this.cached += 1;
    if (result.status !== 'ok') return;
    if (result.prompt_tokens === null) return;
    this.counted += 1;
    this.promptTokens += result.prompt_tokens;
    this.completionTokens += result.completion_tokens ?? 0;
  }

  /** Counts what a whole round came to. */
  endRound({ errors }: Summary, effort: Effort): void {
    this.effort.merge(effort.toJSON());
    this.failures.merge(errors);
  }

  /** The variant cannot be asked: it has no answers. */
  fail(error: unknown): void {
    this.failure = { error, code: codeOf(error), message: messageOf(error) };
    this.rounds.length = 0;
  }

  /** The failures of all rounds, the most frequent first. */
  errors(): readonly FailureCount[] {
    return this.failures.list();
  }
}
