/**
 * A service takes at most 40 requests a second. 200 addresses are looked up in batches of 40, each batch in parallel,
 * with a pause to the full second after each: a chain over batches whose steps are parallel runs.
 *
 * The clock is one whose time passes at once. With `nodeRuntime` from `chorale` in its place, this takes four seconds.
 *
 *   npx tsx examples/rate-limited-batches.ts
 */
import { processChain, processParallel, type Runtime } from 'chorale/orchestration';
import { createManualClock } from 'chorale/testing';

const batchSize = 40;
const secondMs = 1_000;
const clock = createManualClock();

interface Totals {
  readonly found: number;
  readonly failed: readonly number[];
}

/** Answers after 50 ms; some addresses do not exist. */
async function lookUp(address: number, runtime: Runtime, signal: AbortSignal): Promise<string> {
  await pause(runtime, 50, signal);
  if (address % 67 === 0) throw new Error(`address ${address} does not exist`);
  return `street ${address}`;
}

function pause(runtime: Runtime, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = runtime.setTimer(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    const stop = () => {
      cancel();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

function batches<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}

async function lookUpAll(addresses: readonly number[], runtime: Runtime): Promise<Totals> {
  const { final } = await processChain(
    batches(addresses, batchSize),
    { found: 0, failed: [] } as Totals,
    async (batch, totals, { index, signal }) => {
      const started = runtime.now();
      // Rejects only when every address of the batch failed: then the service is down, and the chain stops.
      const { results, errors } = await processParallel(
        batch,
        (address, task) => lookUp(address, runtime, task.signal),
        {
          maxWorkers: 10,
          failFast: false,
          signal,
          runtime,
        },
      );
      const tookMs = runtime.now() - started;
      console.log(
        `batch ${index + 1} at ${started} ms: ${results.length} found, ${errors.length} not, in ${tookMs} ms`,
      );
      const last = index === Math.ceil(addresses.length / batchSize) - 1;
      if (!last) await pause(runtime, Math.max(0, secondMs - tookMs), signal);
      return { found: totals.found + results.length, failed: [...totals.failed, ...errors.map(({ item }) => item)] };
    },
    { runtime },
  );
  return final;
}

const addresses = Array.from({ length: 200 }, (_, n) => n + 1);
const run = lookUpAll(addresses, clock);
await clock.advanceToEnd();
const { found, failed } = await run;
console.log(`${found} of ${addresses.length} addresses found, not found: ${failed.join(', ')}`);
console.log(`${clock.now()} ms on the clock`);
