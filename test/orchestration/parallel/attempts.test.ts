import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AttemptOptions,
  type Backoff,
  processParallel,
  streamParallel,
} from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

/** A processor that fails the given number of times for each item, and the times of its attempts. */
function failing(times: number, options: AttemptOptions, items = ['a']) {
  const clock = createManualClock();
  const begun: number[] = [];
  const observer = createRecordingObserver();
  const counts = new Map<string, number>();
  const run = processParallel(
    items,
    async (item, { attempt }) => {
      const count = (counts.get(item) ?? 0) + 1;
      counts.set(item, count);
      expect(attempt).toBe(count);
      begun.push(clock.now());
      if (count <= times) throw new Error(`${item}${count}`);
      return `${item} after ${count}`;
    },
    { concurrency: 1, failFast: false, runtime: clock, observer, ...options },
  );
  run.catch(() => {});
  return { clock, begun, run, observer };
}

describe('an item that fails', () => {
  test.each<[Backoff, number[]]>([
    ['none', [0, 0, 0]],
    ['fixed', [0, 10, 20]],
    ['linear', [0, 10, 30]],
    ['exponential', [0, 10, 30]],
  ])('is tried again after pauses of the backoff: %s', async (backoff, times) => {
    const { clock, begun, run } = failing(2, { retries: 2, backoff, retryDelayMs: 10, jitter: false });
    await clock.advanceToEnd();
    expect((await run).results).toEqual(['a after 3']);
    expect(begun).toEqual(times);
  });

  test('is paused for a random part of the backoff by default', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000 }), async (seed) => {
        const clock = createManualClock({ seed });
        const begun: number[] = [];
        const run = processParallel(
          [1],
          async () => {
            begun.push(clock.now());
            throw new Error('no');
          },
          { retries: 3, retryDelayMs: 100, runtime: clock },
        );
        run.catch(() => {});
        await clock.advanceToEnd();
        await expect(run).rejects.toThrow('no');
        const pauses = begun.slice(1).map((at, index) => at - (begun[index] ?? 0));
        for (const [index, pause] of pauses.entries()) expect(pause).toBeLessThanOrEqual(100 * 2 ** index);
        expect(pauses.some((pause, index) => pause < 100 * 2 ** index)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('fails with the error of its last attempt, and each other attempt has an event', async () => {
    const { clock, run, observer } = failing(9, { retries: 2, retryDelayMs: 10, jitter: false });
    await clock.advanceToEnd();
    await expect(run).rejects.toMatchObject({ errors: [{ message: 'a3' }] });
    const retries = observer.events.filter(({ type }) => type === 'worker.retry').map(({ data }) => data);
    expect(retries).toEqual([
      expect.objectContaining({ item_index: 0, attempt: 1, message: 'a1', error: true }),
      expect.objectContaining({ item_index: 0, attempt: 2, message: 'a2', error: true }),
    ]);
    expect(observer.types().filter((type) => type === 'worker.start' || type === 'worker.complete')).toHaveLength(2);
  });

  test('is tried again only where retryIf says so, and what retryIf throws is its failure', async () => {
    const only = failing(9, { retries: 5, backoff: 'none', retryIf: (error) => String(error).includes('a1') });
    await expect(only.run).rejects.toMatchObject({ errors: [{ message: 'a2' }] });
    const broken = failing(9, {
      retries: 5,
      retryIf: () => {
        throw new Error('retryIf broke');
      },
    });
    await expect(broken.run).rejects.toMatchObject({ errors: [{ message: 'retryIf broke' }] });
  });

  test('is not tried again after an abort, and a pause ends at once', async () => {
    const controller = new AbortController();
    const clock = createManualClock();
    let attempts = 0;
    const run = processParallel(
      [1],
      async () => {
        attempts += 1;
        throw new Error('no');
      },
      { retries: 5, retryDelayMs: 1_000, runtime: clock, signal: controller.signal },
    );
    run.catch(() => {});
    await clock.advance(0);
    controller.abort('enough');
    await expect(run).rejects.toMatchObject({ cause: 'enough' });
    expect([attempts, clock.pendingTimers]).toEqual([1, 0]);
  });

  test('keeps its place among the results, and the others go on meanwhile', async () => {
    const { clock, run } = failing(1, { retries: 1, retryDelayMs: 50, concurrency: 3 } as AttemptOptions, [
      'a',
      'b',
      'c',
    ]);
    await clock.advanceToEnd();
    expect((await run).results).toEqual(['a after 2', 'b after 2', 'c after 2']);
  });
});

describe('the time limit of an attempt', () => {
  test('aborts its signal, fails it with a TimeoutError, and the next one has a limit of its own', async () => {
    const clock = createManualClock();
    const reasons: unknown[] = [];
    const run = processParallel(
      ['slow'],
      async (_, { signal, attempt = 1 }) => {
        if (attempt === 3) return 'done';
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        return 'never';
      },
      { timeoutMs: 20, retries: 2, backoff: 'none', runtime: clock, retryIf: (error) => reasons.push(error) > 0 },
    );
    await clock.advanceToEnd();
    expect((await run).results).toEqual(['done']);
    expect(reasons).toMatchObject([
      { name: 'TimeoutError', message: 'no result within 20 ms' },
      { name: 'TimeoutError', message: 'no result within 20 ms' },
    ]);
    expect([clock.now(), clock.pendingTimers]).toEqual([40, 0]);
  });

  test('ends an item that ignores its signal, in a stream too', async () => {
    const clock = createManualClock();
    const stream = streamParallel(['deaf', 'quick'], (item) => (item === 'deaf' ? new Promise(() => {}) : item), {
      timeoutMs: 20,
      failFast: false,
      runtime: clock,
    });
    const first = stream.next();
    await clock.advanceToEnd();
    expect((await first).value).toMatchObject({ status: 'failed', error: { name: 'TimeoutError' } });
    expect((await stream.next()).value).toMatchObject({ status: 'ok', value: 'quick' });
    await stream.return();
  });
});

test.each([
  [{ retries: -1 }, 'option retries must be a whole number of at least 0'],
  [{ timeoutMs: 0 }, 'option timeoutMs must be a number of milliseconds above 0'],
  [{ backoff: 'slowly' }, 'option backoff must be one of none, fixed, linear, exponential'],
  [{ retryDelayMs: -1 }, 'option retryDelayMs must be a number of milliseconds of at least 0'],
  [{ retryIf: true }, 'option retryIf must be a function'],
  [{ jitter: 1 }, 'option jitter must be true or false'],
])('wrong options are rejected before any work: %o', async (options, message) => {
  await expect(processParallel([1], () => 1, options as object)).rejects.toThrow(message);
  expect(() => streamParallel([1], () => 1, options as object)).toThrow(message);
});
