import type { Review } from '../analysis/review.js';
import type { RecordedRun } from '../analysis/run-store.js';
import { type ReviewOutcome, streamReviews } from '../analysis/stream-reviews.js';
import type { Agent } from '../classify/agent.js';
import { isTinyMass } from '../classify/confidence/label-mass-warning.js';
import { createAbortController, deadline } from '../foundation/abort.js';
import { RunTimeoutError, type SpellOption } from '../foundation/errors/chorale-error.js';
import type { Observer } from '../foundation/events/event.js';
import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import { wilsonInterval } from '../foundation/statistics/proportions.js';
import type { ModelInfo } from '../model/model.js';

export interface TrialCandidate {
  /** Name or path of the prompt. */
  readonly name: string;
  readonly agent: Agent;
}

/** Options of `tryPrompts`. */
export interface PromptTrialOptions {
  /** From the shortest answer to the longest: the first of equally good prompts is chosen. */
  readonly candidates: readonly TrialCandidate[];
  readonly reviews: readonly Review[];
  /** Whether all reviews carry gold labels. */
  readonly labelled: boolean;
  /** Time limit for one prompt, in milliseconds: later rows do not count. @default 15000 */
  readonly limitMs?: number | undefined;
  /** Exactly this many workers; 0 for the automatic count. @default 0 */
  readonly workers?: number | undefined;
  readonly workerCap?: number | undefined;
  /** Begins the recorded run of one prompt, whose answers later runs reuse. @default no record */
  readonly begin?: ((candidate: TrialCandidate, info: ModelInfo) => Promise<RecordedRun>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly observer?: Observer | undefined;
  readonly runtime?: Runtime | undefined;
  /** Writes an option that the error of a review names. @default as a caller of the library knows it */
  readonly spell?: SpellOption | undefined;
  /** Called for each row, in their order. */
  readonly onOutcome?: ((outcome: ReviewOutcome<Review>, prompt: string) => void) | undefined;
  /** Called before each prompt, and after each row. */
  readonly onProgress?: ((prompt: string, done: number, total: number) => void) | undefined;
}

/** The result of a trial of prompts, with the names of the JSON output. */
export interface PromptTrial {
  readonly rows: number;
  readonly labelled: boolean;
  /** In the order of the candidates. */
  readonly prompts: readonly PromptMetrics[];
  /** The name of the best prompt, and the reason. */
  readonly chosen: string;
  readonly because: string;
}

const defaultLimitMs = 15_000;

/** A prompt that fails on all of its first rows is stopped after this many. */
const maxFirstFailures = 5;

/**
 * Classifies the same few rows with several prompts, one prompt after the other, and chooses the best. Accuracy decides
 * where the rows have gold labels.
 * @throws the catalogue's model errors before the first request; StoreError; the signal's reason
 */
export async function tryPrompts(options: PromptTrialOptions): Promise<PromptTrial> {
  const { candidates, reviews, labelled } = options;
  const tallies: PromptTally[] = [];
  for (const candidate of candidates) tallies.push(await tryPrompt(candidate, options));
  const prompts = tallies.map((tally) => tally.metrics(tallies));
  return { rows: reviews.length, labelled, prompts, ...choosePrompt(prompts) };
}

async function tryPrompt(candidate: TrialCandidate, options: PromptTrialOptions): Promise<PromptTally> {
  const { reviews, labelled, limitMs = defaultLimitMs, runtime = nodeRuntime, onProgress } = options;
  const { signal = createAbortController().signal } = options;
  const { name, agent } = candidate;
  const tally = new PromptTally(name, agent);
  onProgress?.(name, 0, reviews.length);
  const info = await agent.prepare({ signal });
  const run = await options.begin?.(candidate, info);
  const limit = deadline(runtime, limitMs, () => new RunTimeoutError(limitMs), signal);
  const startedAt = runtime.now();
  let answered = false;
  const stream = streamReviews(reviews, {
    agent,
    workers: options.workers,
    workerCap: options.workerCap,
    labelled,
    run,
    signal: limit.signal,
    observer: options.observer,
    runtime,
    spell: options.spell,
    onProgress(done, { status }) {
      onProgress?.(name, done, reviews.length);
      if (status === 'ok') answered = true;
      if (done >= maxFirstFailures && !answered) limit.abort(new RunTimeoutError(limitMs));
    },
  });
  try {
    for await (const outcome of stream.outcomes) {
      tally.add(outcome);
      options.onOutcome?.(outcome, name);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RunTimeoutError)) throw error;
  } finally {
    limit.release();
    tally.end(runtime.now() - startedAt, stream.summary().confidence.label_mass);
    await run?.store.end(signal.aborted ? 'interrupted' : 'done', { ...stream.summary() });
  }
  return tally;
}

/** The metrics of one prompt in a trial, with the names of the JSON output. */
export interface PromptMetrics {
  readonly prompt: string;
  /** The prompt's name and hash. */
  readonly prompt_id: string;
  /** Rows that were answered or failed within the time limit. */
  readonly rows: number;
  readonly answered: number;
  /** Failed rows count as wrong; with Wilson's interval; null without gold labels. */
  readonly accuracy: { readonly value: number; readonly lower: number; readonly upper: number } | null;
  /** Answers by label. */
  readonly answers: Readonly<Record<string, number>>;
  /** Share of the answers equal to those of the other prompts; null without a row in common. */
  readonly agreement: number | null;
  /** Median of the summed label probabilities; null if it is not known. */
  readonly label_mass: number | null;
  /** Means over the answers; null if the server does not count. */
  readonly tokens: { readonly prompt: number | null; readonly completion: number | null };
  /** Answered requests per second; null without a request. */
  readonly reviews_per_second: number | null;
  /** The first failure. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** Counts the answers of one prompt. */
class PromptTally {
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

  /** Cancelled rows do not count. */
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

  end(elapsedMs: number, labelMass: number | null): void {
    this.elapsedMs = elapsedMs;
    this.labelMass = labelMass;
  }

  /** @param all the tallies of all prompts, including this one */
  metrics(all: readonly PromptTally[]): PromptMetrics {
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

/** Fewer labelled rows do not decide by accuracy. */
const minLabelledRows = 10;

/** Least share of valid answers of a suitable prompt. */
const minValidShare = 0.9;

/** Half the width of a 95 % interval, in standard errors. */
const halfWidth = 1.96;

/**
 * Chooses among prompts measured on the same rows, listed from the shortest answer to the longest.
 *
 * With gold labels: the shortest whose accuracy is within one standard error of the best (the one-standard-error rule:
 * L. Breiman et al., Classification and Regression Trees, 1984). The best has the highest lower bound of the interval, so
 * that few rows cannot win by luck.
 *
 * Without gold labels: the shortest suitable prompt. A prompt is suitable where nearly all answers are valid, where it does
 * not give all rows the same label while another prompt distinguishes rows, and where the labels have some probability.
 */
export function choosePrompt(prompts: readonly PromptMetrics[]): Pick<PromptTrial, 'chosen' | 'because'> {
  const [first] = prompts;
  if (!first) throw new RangeError('no prompts to choose from');
  const measured = prompts.filter(({ accuracy, rows }) => accuracy !== null && rows >= minLabelledRows);
  return measured.length > 0 ? byAccuracy(measured) : byForm(prompts);
}

function byAccuracy(prompts: readonly PromptMetrics[]): Pick<PromptTrial, 'chosen' | 'because'> {
  const lower = ({ accuracy }: PromptMetrics) => accuracy?.lower ?? 0;
  const best = prompts.reduce((one, other) => (lower(other) > lower(one) ? other : one));
  const { value = 0, lower: low = 0, upper = 1 } = best.accuracy ?? {};
  const least = value - (upper - low) / 2 / halfWidth;
  const chosen = prompts.find(({ accuracy }) => accuracy !== null && accuracy.value >= least) ?? best;
  const because =
    chosen === best
      ? 'its accuracy is the best of those tried'
      : `its accuracy is within one standard error of the best (${best.prompt}), and its answers are shorter`;
  return { chosen: chosen.prompt, because };
}

function byForm(prompts: readonly PromptMetrics[]): Pick<PromptTrial, 'chosen' | 'because'> {
  const valid = ({ answered, rows }: PromptMetrics) => (rows === 0 ? 0 : answered / rows);
  const distinguishes = prompts.some((one) => !isOneLabel(one));
  const suitable = prompts.filter(
    (one) => valid(one) >= minValidShare && !(distinguishes && isOneLabel(one)) && !isTinyMass(one.label_mass ?? 1),
  );
  const mostValid = prompts.reduce((one, other) => (valid(other) > valid(one) ? other : one));
  const chosen = suitable[0] ?? mostValid;
  const because = suitable.includes(chosen)
    ? 'of the prompts with valid answers it has the shortest'
    : valid(chosen) > 0
      ? 'it gives the most valid answers'
      : prompts.every(({ rows }) => rows === 0)
        ? 'no prompt was answered within the time limit, and its answers are the shortest'
        : 'no prompt gave a valid answer, and its answers are the shortest';
  return { chosen: chosen.prompt, because: `${because}; no measurement of accuracy` };
}

/** Whether all of at least five answers are the same label. */
function isOneLabel({ answers, answered }: PromptMetrics): boolean {
  return answered >= 5 && Object.values(answers).some((count) => count === answered);
}
