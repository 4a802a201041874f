import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { GenerationOptions, Model, ModelRequest } from '../../model/model.js';
import { processParallel } from '../../orchestration/parallel/process-parallel.js';

/** What a probe of the slots found. */
export interface Slots {
  /** Requests that the server generated for at the same time. */
  readonly count: number;
  /** Requests that were sent at once at last. */
  readonly sent: number;
  /** Whether there may be more: every request that was sent was worked on at once. */
  readonly atLeast: boolean;
}

/** Tokens of each answer: long enough for the answers to overlap where they can. */
const outputBudget = 24;

/** Requests of the first round, and the most of any round. */
const firstRound = 8;
const lastRound = 64;

/** A text that models go on with for as long as they may. */
const counting = 'one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen,';

/**
 * Finds out how many requests a server works on at once: sends more small ones than it probably can, and counts how many
 * of the answers were being written at the same moment (from the first token of each to its end). A server that queues
 * silently begins the next answer only when one has ended. Doubles the number as long as all of them overlap.
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

/** When an answer was being written, in milliseconds of the same clock. */
export interface Span {
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

/** The largest number of spans that share a moment; one that ends when another begins does not share it. */
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
