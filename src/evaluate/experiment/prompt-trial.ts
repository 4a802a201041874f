import type { RecordedRun } from '../../analysis/recorded-run.js';
import type { Review } from '../../analysis/review.js';
import { type ReviewOutcome, streamReviews } from '../../analysis/stream-reviews.js';
import type { Agent } from '../../classify/agent.js';
import { createAbortController, deadline } from '../../foundation/abort.js';
import { RunTimeoutError } from '../../foundation/errors/common-errors.js';
import type { Observer } from '../../foundation/events/event.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { ModelInfo } from '../../model/model.js';
import { choosePrompt } from './choose-prompt.js';
import { type PromptMetrics, PromptTally } from './prompt-tally.js';

/** A prompt to try, as an agent that asks with it. */
export interface TrialCandidate {
  /** As it is given to the command line. */
  readonly name: string;
  readonly agent: Agent;
}

/** Options of `tryPrompts`. */
export interface PromptTrialOptions {
  /** From the shortest answer to the longest: of prompts that are equally good the first one is chosen. */
  readonly candidates: readonly TrialCandidate[];
  /** The rows that every prompt is asked about, in this order. */
  readonly reviews: readonly Review[];
  /** Whether all reviews carry gold labels. */
  readonly labelled: boolean;
  /** Longest time for one prompt, in milliseconds: rows that are not answered by then do not count. @default 15000 */
  readonly limitMs?: number | undefined;
  /** Exactly this many workers; 0 for the automatic count. @default 0 */
  readonly workers?: number | undefined;
  readonly workerCap?: number | undefined;
  /** Begins the record of one prompt's answers; they are then answers for later runs too. @default none is kept */
  readonly begin?: ((candidate: TrialCandidate, info: ModelInfo) => Promise<RecordedRun>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly observer?: Observer | undefined;
  readonly runtime?: Runtime | undefined;
  /** Told of what became of each row, in their order. */
  readonly onOutcome?: ((outcome: ReviewOutcome<Review>, prompt: string) => void) | undefined;
  /** Told before each prompt, and after each row. */
  readonly onProgress?: ((prompt: string, done: number, total: number) => void) | undefined;
}

/** What a trial of prompts found. The names are those of `--json`. */
export interface PromptTrial {
  /** Rows that each prompt was to be asked about. */
  readonly rows: number;
  readonly labelled: boolean;
  /** In the order of the candidates. */
  readonly prompts: readonly PromptMetrics[];
  /** The name of the prompt that suits best, and why. */
  readonly chosen: string;
  readonly because: string;
}

/** Longest time for one prompt, where nobody says otherwise, in milliseconds. */
const defaultLimitMs = 15_000;

/** A prompt of which so many rows failed, and none was answered, is not asked about the others. */
const hopeless = 5;

/**
 * Asks several prompts about the same few rows, one prompt after the other, and says which suits best. With gold labels
 * that is a small measurement of accuracy; without them it is not, and the reason says so.
 * @throws the catalogue's model errors before the first request; StoreError; the signal's reason
 */
export async function tryPrompts(options: PromptTrialOptions): Promise<PromptTrial> {
  const { candidates, reviews, labelled } = options;
  const tallies: PromptTally[] = [];
  for (const candidate of candidates) tallies.push(await tryPrompt(candidate, options));
  const prompts = tallies.map((tally) => tally.figures(tallies));
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
    onProgress(done, { status }) {
      onProgress?.(name, done, reviews.length);
      if (status === 'ok') answered = true;
      if (done >= hopeless && !answered) limit.abort(new RunTimeoutError(limitMs));
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
