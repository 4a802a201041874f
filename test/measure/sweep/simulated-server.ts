import { randomNormal, seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import type { AskOnce } from '../../../src/measure/sweep/run-level.js';
import { type MeasuredLevel, runSweep, type SweepOptions } from '../../../src/measure/sweep/run-sweep.js';
import { summarizeSweep } from '../../../src/measure/sweep/summarize-sweep.js';
import { createManualClock, type ManualClock } from '../../../src/testing/index.js';

export interface SimulatedServer {
  readonly slots: number;
  /** Mean time of a request that does not wait, in milliseconds. */
  readonly serviceMs: number;
  /** σ of log-normal times. @default 0: constant */
  readonly scatter?: number;
  /** How much longer a request takes for each other one in a slot, as a share. @default 0 */
  readonly growth?: number;
  /** How much longer requests take, by the time of the clock. @default not at all */
  readonly drift?: (nowMs: number) => number;
  /** A text that came before is answered in this share of the time. @default 1 */
  readonly cached?: number;
  readonly seed?: number;
}

/** A server on a manual clock: so many requests at once, the others wait in order. */
export function simulatedServer(clock: ManualClock, server: SimulatedServer): AskOnce {
  const { slots, serviceMs, scatter = 0, growth = 0, drift = () => 1, cached = 1, seed = 1 } = server;
  const random = seededRandom(seed);
  const seen = new Set<string>();
  const queue: (() => void)[] = [];
  let busy = 0;
  const next = () => {
    const begin = busy < slots ? queue.shift() : undefined;
    if (begin) begin();
  };
  return ({ text }, signal) => {
    signal.throwIfAborted();
    const sentAt = clock.now();
    return new Promise((resolve) => {
      queue.push(() => {
        busy += 1;
        const scattered = Math.exp(scatter * randomNormal(random) - scatter ** 2 / 2);
        const known = seen.has(text) ? cached : 1;
        seen.add(text);
        const ms = serviceMs * scattered * known * (1 + growth * (busy - 1)) * drift(clock.now());
        const queueMs = clock.now() - sentAt;
        clock.setTimer(ms, () => {
          busy -= 1;
          next();
          const totalMs = clock.now() - sentAt;
          resolve({
            label: text.length % 2 === 0 ? 'positive' : 'negative',
            durations: { totalMs, firstTokenMs: queueMs + 0.9 * ms, queueMs, loadMs: 0 },
            usage: { promptTokens: 100, completionTokens: 2 },
          });
        });
      });
      next();
    });
  };
}

/** A whole sweep of a simulated server. @param around changes how it is asked */
export async function simulatedSweep(
  server: SimulatedServer,
  options: Partial<SweepOptions> = {},
  around: (ask: AskOnce) => AskOnce = (ask) => ask,
) {
  const clock = createManualClock();
  const measured: MeasuredLevel[] = [];
  const all: SweepOptions = {
    ask: around(simulatedServer(clock, server)),
    inputs: Array.from({ length: 400 }, (_, index) => ({ text: `review ${index}` })),
    signal: new AbortController().signal,
    runtime: clock,
    ...options,
  };
  let ended = false;
  const run = async () => {
    for await (const level of runSweep(all)) measured.push(level);
  };
  const running = run().finally(() => {
    ended = true;
  });
  while (!ended) await clock.advance(1_000);
  await running;
  return { measured, summary: summarizeSweep(measured) };
}
