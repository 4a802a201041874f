import { FailureCounts } from '../../analysis/failure-counts.js';
import type { ReviewOutcome } from '../../analysis/stream-reviews.js';
import type { FailureCount, Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { codeOf, type SpellOption, spelledMessage } from '../../foundation/errors/chorale-error.js';
import { loadedFor } from './block-order.js';
import { Effort } from './effort.js';
import type { Variant } from './experiment-plan.js';
import type { LabelledRow, LabelledRows } from './labelled-rows.js';

/** The state of a variant during an experiment: its answers and their cost. */
export class VariantRecord {
  readonly rounds: RoundAnswers[] = [];
  /** Ids of the runs in the store, round by round; empty if nothing is recorded. */
  readonly runs: string[] = [];
  readonly effort = new Effort();
  provider = '';
  model = '';
  promptId = '';
  caveat: string | null = null;
  serverVersion: string | null = null;
  digest: string | null = null;
  /** Why the variant could not be measured. */
  failure: VariantFailure | undefined;
  /** What a server loads for it. */
  loaded = '';
  /** The rows that were requested once more, with their places among all rows. */
  sample: { readonly record: VariantRecord; readonly positions: readonly number[] } | undefined;
  /** Cached answers. */
  cached = 0;
  /** Answers whose tokens were counted. */
  counted = 0;
  promptTokens = 0;
  completionTokens = 0;
  /** Why the answers may be unreliable. */
  warning: string | null = null;
  private readonly failures = new FailureCounts();

  constructor(
    readonly variant: Variant,
    private readonly labels: readonly string[],
    private readonly rows: number,
    private readonly spell?: SpellOption,
  ) {}

  get name(): string {
    return this.variant.name;
  }

  /** The answers of the first round, by which variants are compared; undefined if it could not be measured. */
  get answers(): RoundAnswers | undefined {
    return this.rounds[0];
  }

  describe(agent: Agent): void {
    const { model, promptId } = agent;
    this.loaded = loadedFor(agent);
    this.provider = model.provider;
    this.model = model.name;
    this.promptId = promptId;
    this.caveat = model.caveat;
  }

  beginRound(): RoundAnswers {
    const round = new RoundAnswers(this.labels, this.rows);
    this.rounds.push(round);
    return round;
  }

  add({ result }: ReviewOutcome<LabelledRow>): void {
    if (result.cached) this.cached += 1;
    if (result.status !== 'ok') return;
    if (result.prompt_tokens === null) return;
    this.counted += 1;
    this.promptTokens += result.prompt_tokens;
    this.completionTokens += result.completion_tokens ?? 0;
  }

  endRound({ errors }: Summary, effort: Effort): void {
    this.effort.merge(effort.toJSON());
    this.failures.merge(errors);
  }

  fail(error: unknown): VariantFailure {
    this.failure = { error, code: codeOf(error), message: spelledMessage(error, this.spell) };
    this.rounds.length = 0;
    return this.failure;
  }

  /** The failures of all rounds, the most frequent first. */
  errors(): readonly FailureCount[] {
    return this.failures.list();
  }
}

interface VariantFailure {
  readonly error: unknown;
  readonly code: string;
  readonly message: string;
}

/** In the order of the labels; null if they are not known. */
type LabelShares = readonly number[] | null;

/** The answers of one classifier, whatever gave them. */
export interface NamedAnswers {
  readonly name: string;
  /** Undefined if it could not be measured. */
  readonly answers: RoundAnswers | undefined;
}

/** Stands for a row without an answer. */
const unanswered = 0xffff;

/** The answers of one variant in one round: 2 bytes a row, and 8 for each number that a confidence comes with. */
export class RoundAnswers {
  private readonly answers: Uint16Array;
  private confidences: Float64Array | undefined;
  private shares: Float64Array | undefined;

  constructor(
    private readonly labels: readonly string[],
    readonly rows: number,
  ) {
    this.answers = new Uint16Array(rows).fill(unanswered);
  }

  /** @param position 0-based, among the rows of the experiment */
  record(position: number, { result, labelShares }: ReviewOutcome<LabelledRow>): void {
    this.set(position, result.sentiment, result.confidence, labelShares);
  }

  /** @param answer null, or none of the labels: the row failed */
  set(
    position: number,
    answer: string | null,
    confidence: number | null = null,
    labelShares: LabelShares = null,
  ): void {
    const index = answer === null ? -1 : this.labels.indexOf(answer);
    if (index < 0) return;
    this.answers[position] = index;
    if (confidence !== null) {
      this.confidences ??= new Float64Array(this.rows).fill(Number.NaN);
      this.confidences[position] = confidence;
    }
    if (labelShares !== null) {
      this.shares ??= new Float64Array(this.rows * this.labels.length).fill(Number.NaN);
      this.shares.set(labelShares, position * this.labels.length);
    }
  }

  /** Index of the answer among the labels; null without an answer. */
  indexAt(position: number): number | null {
    const answer = this.answers[position] ?? unanswered;
    return answer === unanswered ? null : answer;
  }

  answerAt(position: number): string | null {
    return this.labels[this.answers[position] ?? unanswered] ?? null;
  }

  confidenceAt(position: number): number | null {
    return known(this.confidences?.[position]);
  }

  /** Label probabilities, in the order of the labels; null if the model gave none. */
  sharesAt(position: number): readonly number[] | null {
    const width = this.labels.length;
    const shares = this.shares?.subarray(position * width, (position + 1) * width);
    return shares === undefined || known(shares[0]) === null ? null : [...shares];
  }

  get answered(): number {
    return this.answers.reduce((sum, answer) => sum + (answer === unanswered ? 0 : 1), 0);
  }
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** One row and the answers of two variants. */
export interface AnswerPair {
  readonly row: LabelledRow;
  readonly a: string | null;
  readonly b: string | null;
}

/** The answers of all variants to all rows. */
export class AnswerTable {
  private readonly byName: ReadonlyMap<string, readonly RoundAnswers[]>;

  constructor(
    private readonly data: LabelledRows,
    records: readonly VariantRecord[],
  ) {
    this.byName = new Map(records.map(({ variant, rounds }) => [variant.name, rounds]));
  }

  get rows(): readonly LabelledRow[] {
    return this.data.rows;
  }

  get labels(): readonly string[] {
    return this.data.labels;
  }

  /**
   * The answer of a variant; null if it failed or was not measured.
   * @param position 0-based, among the rows of the experiment
   */
  answerOf(variant: string, position: number, repeat = 1): string | null {
    return this.byName.get(variant)?.[repeat - 1]?.answerAt(position) ?? null;
  }

  /** The rows with different answers of two variants in the first round, in their order. */
  *differences(a: string, b: string): Generator<AnswerPair, void> {
    for (const [position, row] of this.rows.entries()) {
      const pair = { row, a: this.answerOf(a, position), b: this.answerOf(b, position) };
      if (pair.a !== pair.b) yield pair;
    }
  }
}
