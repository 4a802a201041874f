import { describe, expect, it } from 'vitest';
import {
  ChainCancelledError,
  ChainError,
  InvalidOptionError,
  ParallelCancelledError,
  ParallelError,
  processChain,
  processParallel,
  runBounded,
  streamParallel,
} from '../../../src/orchestration/index.js';

const double = async (n: number) => n * 2;
const sum = (n: number, total: number) => total + n;

function* generated() {
  yield 1;
  yield 2;
  yield 3;
}

async function* later() {
  yield* generated();
}

/** Never gives an item. */
function silent(): AsyncIterable<number> {
  return { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
}

const sources = {
  'an array': () => [1, 2, 3],
  'a set': () => new Set([1, 2, 3]),
  'a generator': generated,
  'an asynchronous generator': later,
  'an array of promises': () => [Promise.resolve(1), 2, Promise.resolve(3)],
  'a set of promises': () => new Set([Promise.resolve(1), Promise.resolve(2), 3]),
};

describe.each(Object.entries(sources))('%s', (_, source) => {
  it('is processed in parallel, in input order', async () => {
    const { results, outcomes } = await processParallel<number, number>(source(), double, { concurrency: 2 });
    expect(results).toEqual([2, 4, 6]);
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  });

  it('is streamed with its items', async () => {
    const items: number[] = [];
    for await (const { item } of streamParallel<number, number>(source(), double)) items.push(item);
    expect(items).toEqual([1, 2, 3]);
  });

  it('is folded by a chain', async () => {
    expect(await processChain<number, number>(source(), 0, sum)).toEqual({ final: 6, steps: 3 });
  });

  it('is run by a bounded run, which gives the failures with their items', async () => {
    const fail = (n: number) => (n === 2 ? Promise.reject('two') : n);
    const failures = await runBounded<number>(source(), fail, { concurrency: 2 });
    expect(failures.map(({ index, item, error }) => [index, item, error])).toEqual([[1, 2, 'two']]);
  });
});

describe('concurrency', () => {
  const most = async (run: (operation: (n: number) => Promise<void>) => Promise<unknown>) => {
    let inFlight = 0;
    let highest = 0;
    await run(async () => {
      inFlight += 1;
      highest = Math.max(highest, inFlight);
      await Promise.resolve();
      inFlight -= 1;
    });
    return highest;
  };
  const items = Array.from({ length: 40 }, (_, n) => n);
  const runs = {
    processParallel: (concurrency: number) => most((one) => processParallel(items, one, { concurrency })),
    runBounded: (concurrency: number) => most((one) => runBounded(items, one, { concurrency })),
    streamParallel: (concurrency: number) =>
      most(async (one) => {
        for await (const _ of streamParallel(items, one, { concurrency }));
      }),
  };

  it.each(Object.entries(runs))('is the number of items in flight of %s; Infinity means all', async (_, run) => {
    expect(await run(3)).toBe(3);
    expect(await run(Number.POSITIVE_INFINITY)).toBe(40);
  });

  it('has maxWorkers as another name, which must not differ', async () => {
    expect(await most((one) => processParallel(items, one, { maxWorkers: 5 }))).toBe(5);
    expect(await most((one) => processParallel(items, one, { maxWorkers: Number.POSITIVE_INFINITY }))).toBe(40);
    const both = processParallel(items, double, { concurrency: 2, maxWorkers: 5 });
    await expect(both).rejects.toThrow(InvalidOptionError);
    await expect(both).rejects.toThrow('option maxWorkers must be absent, or the same as concurrency (2), but is 5');
  });

  it.each([0, -1, 1.5, Number.NaN])('of %s is refused', async (concurrency) => {
    await expect(processParallel(items, double, { concurrency })).rejects.toThrow('option concurrency must be');
    expect(() => streamParallel(items, double, { concurrency })).toThrow('option concurrency must be');
    await expect(runBounded(items, double, { concurrency })).rejects.toThrow('option concurrency must be');
  });
});

describe('a source without a length', () => {
  it('is read only as workers become free, and closed after a failure', async () => {
    let read = 0;
    let closed = 0;
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false as const, value: read++ }),
        return: () => {
          closed += 1;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const run = processParallel(source, (n: number) => (n === 5 ? Promise.reject('five') : n), { concurrency: 2 });
    await expect(run).rejects.toThrow(ParallelError);
    expect(read).toBeLessThan(10);
    expect(closed).toBe(1);
  });

  it('that throws makes the call reject with that, after what it started', async () => {
    const ended: number[] = [];
    function* broken() {
      yield 1;
      throw new Error('broken source');
    }
    const note = async (n: number) => {
      await Promise.resolve();
      ended.push(n);
    };
    await expect(processParallel(broken(), note)).rejects.toThrow('broken source');
    expect(ended).toEqual([1]);
    await expect(runBounded(broken(), note)).rejects.toThrow('broken source');
    await expect(processChain(broken(), 0, sum)).rejects.toThrow('broken source');
  });

  it('that never answers does not hold up an abort', async () => {
    const reason = new Error('enough');
    const abort = () => {
      const controller = new AbortController();
      setImmediate(() => controller.abort(reason));
      return controller.signal;
    };
    await expect(processParallel(silent(), double, { signal: abort() })).rejects.toThrow(ParallelCancelledError);
    await expect(processChain(silent(), 0, sum, { signal: abort() })).rejects.toThrow(ChainCancelledError);
    expect(await runBounded(silent(), double, { signal: abort() })).toEqual([]);
  });

  it('tells the number of items that were read as the total of the progress', async () => {
    const told: number[][] = [];
    const onProgress = (completed: number, total: number) => told.push([completed, total]);
    await processParallel(later(), double, { concurrency: 1, onProgress });
    await processChain(later(), 0, sum, { onProgress });
    expect(told.slice(3)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(told.slice(0, 3).map(([completed]) => completed)).toEqual([1, 2, 3]);
    for (const [completed = 0, total = 0] of told) expect(total).toBeGreaterThanOrEqual(completed);
  });
});

describe('a promise of an item that is rejected', () => {
  it('is the failure of that item, and never unhandled', async () => {
    const items = () => [1, Promise.reject<number>(new Error('no item')), 3];
    const { results, errors } = await processParallel(items(), double, { concurrency: 1, failFast: false });
    expect(results).toEqual([2, 6]);
    expect(errors.map(({ index, message }) => [index, message])).toEqual([[1, 'item 1: no item']]);
    await expect(processChain(items(), 0, sum)).rejects.toThrow(ChainError);
    const stopped = processParallel([Promise.reject<number>('first'), Promise.reject<number>('second')], double);
    await expect(stopped).rejects.toThrow(ParallelError);
  });

  it('that never settles does not hold up an abort', async () => {
    const controller = new AbortController();
    const run = processParallel([new Promise<number>(() => {})], double, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(run).rejects.toThrow(ParallelCancelledError);
  });
});

it('a stream that is disposed of stops everything', async () => {
  const stream = streamParallel(later(), double, { concurrency: 1 });
  await stream.next();
  await stream[Symbol.asyncDispose]();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});
