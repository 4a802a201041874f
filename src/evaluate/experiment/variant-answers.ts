import { z } from 'zod';
import { FailureCounts } from '../../analysis/failure-counts.js';
import type { ReviewOutcome } from '../../analysis/stream-reviews.js';
import type { FailureCount, Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { codeOf, messageOf } from '../../foundation/errors/chorale-error.js';
import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';
import type { Variant } from './experiment-plan.js';
import type { LabelledRow, LabelledRows } from './labelled-rows.js';

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

/** Stands for a row without an answer. */
const unanswered = 0xffff;

/** What one variant answered to every row, once: a few bytes a row. */
export class RoundAnswers {
  private readonly answers: Uint16Array;
  private confidences: Float32Array | undefined;
  private shares: Float32Array | undefined;

  constructor(
    private readonly labels: readonly string[],
    readonly rows: number,
  ) {
    this.answers = new Uint16Array(rows).fill(unanswered);
  }

  /** @param position 0-based, among the rows of the experiment */
  record(position: number, { result, labelShares }: ReviewOutcome<LabelledRow>): void {
    const answer = result.sentiment === null ? -1 : this.labels.indexOf(result.sentiment);
    if (answer < 0) return;
    this.answers[position] = answer;
    if (result.confidence !== null) {
      this.confidences ??= new Float32Array(this.rows).fill(Number.NaN);
      this.confidences[position] = result.confidence;
    }
    if (labelShares !== null) {
      this.shares ??= new Float32Array(this.rows * this.labels.length).fill(Number.NaN);
      this.shares.set(labelShares, position * this.labels.length);
    }
  }

  /** The answer's place among the labels; null where there is none. */
  indexAt(position: number): number | null {
    const answer = this.answers[position] ?? unanswered;
    return answer === unanswered ? null : answer;
  }

  /** The answer; null where there is none. */
  answerAt(position: number): string | null {
    return this.labels[this.answers[position] ?? unanswered] ?? null;
  }

  /** 0 to 1; null where the model gave none. */
  confidenceAt(position: number): number | null {
    return known(this.confidences?.[position]);
  }

  /** Shares of the labels, in their order; null where the model gave none. */
  sharesAt(position: number): readonly number[] | null {
    const width = this.labels.length;
    const shares = this.shares?.subarray(position * width, (position + 1) * width);
    return shares === undefined || known(shares[0]) === null ? null : [...shares];
  }

  /** Rows with an answer. */
  get answered(): number {
    return this.answers.reduce((sum, answer) => sum + (answer === unanswered ? 0 : 1), 0);
  }
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** One row and what two variants answered to it. */
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

  /**
   * What a variant answered; null where it failed, or was not asked.
   * @param position 0-based, among the rows of the experiment
   */
  answerOf(variant: string, position: number, repeat = 1): string | null {
    return this.byName.get(variant)?.[repeat - 1]?.answerAt(position) ?? null;
  }

  /** The rows to which two variants gave different answers the first time, in their order. */
  *differences(a: string, b: string): Generator<AnswerPair, void> {
    for (const [position, row] of this.rows.entries()) {
      const pair = { row, a: this.answerOf(a, position), b: this.answerOf(b, position) };
      if (pair.a !== pair.b) yield pair;
    }
  }
}

const effortData = z.object({
  asked: z.number(),
  asked_ms: z.number(),
  latency: z.object({
    zeros: z.number(),
    sum: z.number(),
    largest: z.number(),
    buckets: z.array(z.tuple([z.number(), z.number()])),
  }),
});

/** What answers took. Of a run that goes on, with what its earlier sessions recorded. */
export class Effort {
  readonly latency = new QuantileSketch();
  /** Answered reviews that a question was asked for. */
  asked = 0;
  /** Wall time of the sessions that asked them, in milliseconds. */
  askedMs = 0;

  /** @param ms from the question to the answer */
  add(ms: number): void {
    this.asked += 1;
    this.latency.add(ms);
  }

  /** Adds that of another session, as it was recorded; what is none adds nothing. */
  merge(recorded: unknown): void {
    const { data } = effortData.safeParse(recorded);
    if (!data) return;
    this.asked += data.asked;
    this.askedMs += data.asked_ms;
    this.latency.merge(data.latency);
  }

  toJSON(): z.infer<typeof effortData> {
    const { buckets, ...others } = this.latency.toJSON();
    const latency = { ...others, buckets: buckets.map(([bucket, count]): [number, number] => [bucket, count]) };
    return { asked: this.asked, asked_ms: this.askedMs, latency };
  }
}
