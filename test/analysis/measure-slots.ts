import { streamReviews } from '../../src/analysis/stream-reviews.js';
import type { Summary } from '../../src/analysis/summary.js';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { createManualClock } from '../../src/testing/index.js';
import { createSlotModel, type SlotModelOptions } from './slot-model.js';

/** How far from the truth a metric may be. */
export const tolerance = 0.1;

/** What a summary says, beside what is true. */
export interface Comparison {
  readonly said: number;
  readonly truth: number;
}

export interface SlotMeasurement {
  readonly summary: Summary;
  readonly perSecond: number;
  readonly latencyMs: number;
  readonly inFlight: Comparison;
  /** NaN is said where it is not known. The truth is by how much one request after the other takes longer. */
  readonly speedup: Comparison;
  /** Means, in milliseconds. */
  readonly waiting: Comparison;
}

const reviews = 400;

/** Runs reviews over a server with slots, in simulated time. */
export async function measureSlots(
  options: Pick<SlotModelOptions, 'slots'> &
    Partial<SlotModelOptions> & { readonly workers: number; readonly seed?: number },
): Promise<SlotMeasurement> {
  const runtime = createManualClock({ seed: (options.seed ?? 1) * 10_000 + options.slots * 100 + options.workers });
  const model = createSlotModel({ meanMs: 100, overhead: 0.11, ...options, runtime });
  const agent = await createAgent({ model, prompt: await loadPrompt('sentiment-completion'), runtime });
  await agent.prepare();
  const inputs = Array.from({ length: reviews }, (_, index) => ({ index, id: String(index), text: `review ${index}` }));
  const stream = streamReviews(inputs, { agent, workers: options.workers, workerCap: 64, runtime });
  const reading = readAll(stream.outcomes);
  let over = false;
  void reading.then(() => {
    over = true;
  });
  while (!over) await runtime.advance(1_000);
  const wallMs = stream.summary().duration_ms;
  await model.close();
  const summary = stream.summary();
  const { answers, serviceMs, aloneMs, waitingMs } = model.truth;
  return {
    summary,
    perSecond: (answers / wallMs) * 1_000,
    latencyMs: (serviceMs + waitingMs) / answers,
    inFlight: { said: summary.in_flight_mean, truth: (serviceMs + waitingMs) / wallMs },
    speedup: { said: summary.estimated_speedup ?? Number.NaN, truth: aloneMs / wallMs },
    waiting: { said: summary.queue_ms?.mean ?? Number.NaN, truth: waitingMs / answers },
  };
}

async function readAll(outcomes: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of outcomes);
}
