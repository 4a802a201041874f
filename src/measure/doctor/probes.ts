import type { Agent } from '../../classify/agent.js';
import type { PromptInput } from '../../classify/prompt/prompt-input.js';
import { deadline } from '../../foundation/abort.js';
import { codeOf, type ErrorCode, RunTimeoutError } from '../../foundation/errors/chorale-error.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import type { GenerationOptions, Model, ModelInput, ModelRequest } from '../../model/model.js';
import { processParallel } from '../../orchestration/parallel/process-parallel.js';
import { streamParallel } from '../../orchestration/parallel/stream-parallel.js';

export interface Slots {
  /** Requests that the server processed at the same time. */
  readonly count: number;
  /** Requests of the last round, sent at once. */
  readonly sent: number;
  /** Whether there may be more slots: the server processed all requests at once. */
  readonly atLeast: boolean;
}

/** Tokens of each answer: long enough for answers to overlap. */
const outputBudget = 24;

/** Requests of the first round, and the most of any round. */
const firstRound = 8;
const lastRound = 64;

/** A text that models continue up to the output budget. */
const counting = 'one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen,';

/**
 * Measures how many requests a server processes at once: sends many small requests, and counts how many answers overlap
 * (from the first token of each to its end). A server that queues begins an answer only when another has ended. Doubles the
 * number of requests as long as all answers overlap.
 * @param options generation options of the run: others could make the server load the model anew
 * @throws what the model throws, or the signal's reason
 */
export async function probeSlots(
  model: Model,
  options: GenerationOptions,
  { signal, runtime = nodeRuntime }: { readonly signal: AbortSignal; readonly runtime?: Runtime },
): Promise<Slots> {
  for (let sent = firstRound; ; sent *= 2) {
    const spans = await spansOf(model, options, sent, signal, runtime);
    const count = largestOverlap(spans);
    if (count < sent || sent >= lastRound) return { count, sent, atLeast: count >= sent };
  }
}

/** Time from the first token to the end of an answer, in milliseconds of the same clock. */
interface Span {
  readonly from: number;
  readonly to: number;
}

async function spansOf(
  model: Model,
  options: GenerationOptions,
  requests: number,
  signal: AbortSignal,
  runtime: Runtime,
): Promise<readonly Span[]> {
  const numbers = Array.from({ length: requests }, (_, number) => number);
  const { results } = await processParallel(
    numbers,
    async (number, { signal: stop }) => {
      const startedAt = runtime.now();
      const { durations } = await model.ask(countingRequest(options, number), { signal: stop });
      const to = startedAt + durations.totalMs;
      return { from: startedAt + (durations.firstTokenMs ?? durations.totalMs), to };
    },
    { maxWorkers: requests, signal, runtime },
  );
  return results;
}

function countingRequest(options: GenerationOptions, number: number): ModelRequest {
  return {
    // The number in front keeps the prefix cache of one slot from serving the others.
    input: { kind: 'completion', prompt: `${number + 1}. ${counting}` },
    subject: counting,
    labels: [],
    options: { ...options, maxOutputTokens: outputBudget, stopSequences: [] },
  };
}

/** The largest number of overlapping spans; a span that ends when another begins does not overlap it. */
export function largestOverlap(spans: readonly Span[]): number {
  const ends = spans
    .flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: Math.max(from, to), step: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.step - b.step);
  let open = 0;
  let largest = spans.length > 0 ? 1 : 0;
  for (const { step } of ends) {
    open += step;
    largest = Math.max(largest, open);
  }
  return largest;
}

/** Median times to the first token, in milliseconds. */
export interface PrefixCache {
  /** With a new prompt. */
  readonly coldMs: number;
  /** With the same prompt and another review. */
  readonly warmMs: number;
}

const repeats = 3;

/**
 * Measures the server's prefix cache: the time to the first token of a prompt with a new beginning, and of the same prompt
 * with another review. One request at a time.
 * @param inputs at least two different reviews
 * @returns undefined if the model does not report the time to the first token
 */
export async function probePrefixCache(
  agent: Agent,
  inputs: readonly PromptInput[],
  signal: AbortSignal,
): Promise<PrefixCache | undefined> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < repeats; round += 1) {
    for (const [index, times] of [cold, warm].entries()) {
      const request = agent.requestFor(inputs[(2 * round + index) % inputs.length] ?? '');
      const input = prefixed(`Batch ${round + 1}${'.'.repeat(round + 1)} `, request.input);
      const { durations } = await agent.model.ask({ ...request, input }, { signal });
      if (durations.firstTokenMs === null) return undefined;
      times.push(durations.firstTokenMs - (durations.queueMs ?? 0) - (durations.loadMs ?? 0));
    }
  }
  return { coldMs: middle(cold), warmMs: middle(warm) };
}

/** A nonce in front gives the prompt a new beginning. */
function prefixed(nonce: string, input: ModelInput): ModelInput {
  if (input.kind === 'completion') return { ...input, prompt: `${nonce}${input.prompt}` };
  const [first, ...rest] = input.messages;
  return first ? { ...input, messages: [{ ...first, content: `${nonce}${first.content}` }, ...rest] } : input;
}

function middle(times: readonly number[]): number {
  return Math.max(0, [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);
}

export interface Throughput {
  readonly workers: number;
  readonly answered: number;
  readonly failed: number;
  /** Failures by code. */
  readonly failures: ReadonlyMap<ErrorCode, number>;
  readonly durationMs: number;
  /** Answers per second after the first answer of each worker; null without such answers. */
  readonly perSecond: number | null;
  /** Means over the answers; null if the server does not count tokens. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Share of the answers with a confidence. */
  readonly withConfidence: number;
}

/** Classifies the reviews over and over until the time limit. */
export async function probeThroughput(
  agent: Agent,
  inputs: readonly PromptInput[],
  options: {
    readonly workers: number;
    readonly limitMs: number;
    readonly signal: AbortSignal;
    readonly runtime?: Runtime;
  },
): Promise<Throughput> {
  const { workers, limitMs, signal, runtime = nodeRuntime } = options;
  const failures = new Map<ErrorCode, number>();
  const sums = { answered: 0, counted: 0, prompt: 0, completion: 0, confident: 0, tokens: 0 };
  const limit = deadline(runtime, limitMs, () => new RunTimeoutError(limitMs), signal);
  const startedAt = runtime.now();
  let countedFrom = startedAt;
  let countedTo = startedAt;
  try {
    const stream = streamParallel(
      endless(inputs),
      (input, { signal: stop }) => agent.classify(input, { signal: stop }),
      {
        concurrency: workers,
        failFast: false,
        signal: limit.signal,
        runtime,
      },
    );
    for await (const outcome of stream) {
      if (outcome.status === 'cancelled') continue;
      if (outcome.status === 'failed') {
        const code = codeOf(outcome.error);
        failures.set(code, (failures.get(code) ?? 0) + 1);
        continue;
      }
      sums.answered += 1;
      if (sums.answered <= workers) countedFrom = runtime.now();
      else sums.counted += 1;
      countedTo = runtime.now();
      const { usage, confidence } = outcome.value;
      if (confidence !== null) sums.confident += 1;
      if (usage.promptTokens === null) continue;
      sums.tokens += 1;
      sums.prompt += usage.promptTokens;
      sums.completion += usage.completionTokens ?? 0;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RunTimeoutError)) throw error;
  } finally {
    limit.release();
  }
  const countedMs = countedTo - countedFrom;
  const mean = (sum: number, count: number) => (count > 0 ? sum / count : null);
  return {
    workers,
    answered: sums.answered,
    failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
    failures,
    durationMs: runtime.now() - startedAt,
    perSecond: sums.counted > 0 && countedMs > 0 ? (sums.counted / countedMs) * 1_000 : null,
    promptTokens: mean(sums.prompt, sums.tokens),
    completionTokens: mean(sums.completion, sums.tokens),
    withConfidence: mean(sums.confident, sums.answered) ?? 0,
  };
}

/** The reviews over and over. A number marks repeated texts, so that no cache of whole prompts answers them. */
function* endless(inputs: readonly PromptInput[]): Generator<PromptInput, void> {
  if (inputs.length === 0) return;
  for (let round = 1; ; round += 1) {
    for (const input of inputs) yield round === 1 ? input : { ...input, text: `${input.text} (${round})` };
  }
}

export interface Estimate {
  readonly reviews: number;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Null if the server does not count tokens. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Number of answers behind the estimate. */
  readonly basedOn: number;
}

/** Time and tokens of this many reviews, from a throughput probe; null if the probe has no rate. */
export function estimateRun(reviews: number, measured: Throughput): Estimate | null {
  const { perSecond, promptTokens, completionTokens, answered } = measured;
  if (perSecond === null) return null;
  const all = (each: number | null) => (each === null ? null : Math.round(each * reviews));
  return {
    reviews,
    durationMs: (reviews / perSecond) * 1_000,
    promptTokens: all(promptTokens),
    completionTokens: all(completionTokens),
    basedOn: answered,
  };
}
