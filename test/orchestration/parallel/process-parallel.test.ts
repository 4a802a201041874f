import { describe, expect, test, vi } from 'vitest';
import {
  InvalidOptionError,
  noopObserver,
  ParallelError,
  type ParallelOptions,
  processParallel,
  type Runtime,
  UnknownObserverError,
} from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { createGates, settled } from './gates.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('results', () => {
  test('are in input order, whatever the order in which items finish', async () => {
    const gates = createGates();
    const run = processParallel(range(4), gates.processor, { maxWorkers: 4 });
    await gates.open(3, 1, 0, 2);
    const { results, errors, outcomes } = await run;
    expect(results).toEqual(['value of 0', 'value of 1', 'value of 2', 'value of 3']);
    expect(errors).toEqual([]);
    expect(outcomes).toEqual(results.map((value, index) => ({ status: 'ok', index, value })));
  });

  test('may be undefined, and are counted all the same', async () => {
    const { results, outcomes } = await processParallel([1, 2], () => undefined);
    expect(results).toEqual([undefined, undefined]);
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok']);
  });

  test('may come from processors that return at once, and from thenables', async () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this test is about.
    const thenable = (n: number): PromiseLike<number> => ({ then: (resolve) => Promise.resolve(n * 3).then(resolve) });
    const { results } = await processParallel([1, 2, 3, 4], (n) => (n % 2 === 0 ? n * 2 : thenable(n)));
    expect(results).toEqual([3, 4, 9, 8]);
  });

  test('of no items are empty, and that is no failure', async () => {
    const processor = vi.fn();
    expect(await processParallel([], processor)).toEqual({ results: [], errors: [], outcomes: [] });
    expect(await processParallel([], processor, { maxWorkers: 3, failFast: false })).toMatchObject({ results: [] });
    expect(processor).not.toHaveBeenCalled();
  });

  test('belong to the items at the time of the call, whatever happens to the list meanwhile', async () => {
    const items = [1, 2, 3];
    const { results, outcomes } = await processParallel(
      items,
      (n) => {
        items.push(n);
        items[1] = 100;
        return n;
      },
      { maxWorkers: 1 },
    );
    expect(results).toEqual([1, 2, 3]);
    expect(outcomes).toHaveLength(3);
  });

  test('include the places that are missing in a sparse list', async () => {
    // biome-ignore lint/suspicious/noSparseArray: a sparse list is what this test is about.
    const { results } = await processParallel([1, , 3], (n) => n ?? 'none');
    expect(results).toEqual([1, 'none', 3]);
  });
});

describe('workers', () => {
  test('never run more items at once than there are workers, and take the next item as soon as they are free', async () => {
    const gates = createGates();
    const run = processParallel(range(5), gates.processor, { maxWorkers: 2 });
    await settled();
    expect(gates.waiting).toEqual([0, 1]);
    await gates.open(1);
    expect(gates.waiting).toEqual([0, 2]);
    await gates.open(2);
    expect(gates.waiting).toEqual([0, 3]);
    await gates.open(0);
    expect(gates.waiting).toEqual([3, 4]);
    await gates.open(3, 4);
    await run;
    expect(gates.started.map(({ index, workerId }) => [index, workerId])).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 0],
    ]);
  });

  test('are as many as the machine and the cap allow when no number is given', async () => {
    const gates = createGates();
    const run = processParallel(range(20), gates.processor, { runtime: createManualClock({ cpuCount: 3 }) });
    await settled();
    expect(gates.waiting).toEqual(range(6));
    await gates.open(...range(20));
    await run;
  });

  test('give every processor its item, its index and a signal that is not aborted', async () => {
    const seen: unknown[] = [];
    await processParallel(['a', 'b'], (item, { index, signal }) => void seen.push([item, index, signal.aborted]));
    expect(seen).toEqual([
      ['a', 0, false],
      ['b', 1, false],
    ]);
  });
});

describe('large inputs', () => {
  const count = 30_000;
  const runtime: Runtime = { ...createManualClock(), setTimer: () => expect.fail('a timer was set') };

  test('of 30,000 items stay in order, with no timer set', async () => {
    const processor = async (n: number) => n * 2;
    const { results } = await processParallel(range(count), processor, { maxWorkers: 16, runtime });
    expect(results).toHaveLength(count);
    expect(results.every((value, index) => value === index * 2)).toBe(true);
  });

  test('of 30,000 items that throw at once do not overflow the stack', async () => {
    const processor = (n: number) => {
      throw new Error(n % 4 === 0 ? 'rare' : 'frequent');
    };
    const run = processParallel(range(count), processor, { maxWorkers: 16, failFast: false, runtime });
    await expect(run).rejects.toThrow(
      "parallel execution failed: 30000 items failed with 2 error types: 'frequent' (22500 items), 'rare' (7500 items)",
    );
  });

  test('may have as many workers as items', async () => {
    const { results } = await processParallel(range(count), async (n) => n, { maxWorkers: Number.MAX_SAFE_INTEGER });
    expect(results).toHaveLength(count);
  });
});

describe('validation before any work', () => {
  const refuse = async (options: object, message: string, items: unknown = [1], processor: unknown = vi.fn()) => {
    const observer = createRecordingObserver();
    const run = processParallel(
      items as never,
      processor as never,
      { observer, ...options } as ParallelOptions<unknown>,
    );
    const error = await run.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toBe(message);
    expect(observer.events).toEqual([]);
    if (vi.isMockFunction(processor)) expect(processor).not.toHaveBeenCalled();
  };

  test.each([
    [Number.NaN, 'NaN (number)'],
    [-1, '-1 (number)'],
    [1.5, '1.5 (number)'],
    ['4', "'4' (string)"],
  ])('refuses %s workers', async (value, described) => {
    await refuse({ maxWorkers: value }, `option maxWorkers must be a whole number of at least 0, but is ${described}`);
    await refuse({ workerCap: value }, `option workerCap must be a whole number of at least 1, but is ${described}`);
  });

  test.each([
    [undefined, 'an iterable or async iterable, but is undefined'],
    [null, 'an iterable or async iterable, but is null'],
    ['abc', "an array, an iterable or async iterable, but is 'abc' (string)"],
    [{ length: 2 }, 'an iterable or async iterable, but is an object'],
  ])('refuses %s for items', async (items, rule) => {
    const run = processParallel(items as never, vi.fn());
    await expect(run).rejects.toThrow(`option items must be ${rule}`);
  });

  test('refuses a processor that is no function', async () => {
    await refuse({}, 'option processor must be a function, but is an object', [1], {});
    await refuse({}, 'option processor must be a function, but is null', [], null);
  });

  test('refuses other options of the wrong kind', async () => {
    await refuse({ failFast: 'no' }, "option failFast must be true or false, but is 'no' (string)");
    await refuse({ signal: new AbortController() }, 'option signal must be an AbortSignal, but is an object');
    await refuse({ onProgress: 3 }, 'option onProgress must be a function, but is 3 (number)');
  });

  test('refuses an observer that nobody registered', async () => {
    const processor = vi.fn();
    const run = processParallel([1], processor, { observer: 'syslog' });
    await expect(run).rejects.toThrow(UnknownObserverError);
    await expect(run).rejects.toThrow(/^unknown observer: syslog \(known: noop, pino, slog, text/);
    expect(processor).not.toHaveBeenCalled();
  });
});

test.each([undefined, noopObserver, 'noop'])('with observer %s no event is built', async (observer) => {
  const runtime = { ...createManualClock(), wallTime: () => expect.fail('an event was built') };
  const options = { observer, runtime, failFast: false };
  const { errors } = await processParallel([1, 2], (n) => (n === 1 ? Promise.reject('no') : n), options);
  expect(errors).toHaveLength(1);
});

test('a host may be an object with methods that need their `this`', async () => {
  class Machine {
    private readonly clock = createManualClock({ epochMs: 7 });
    cpuCount = () => this.clock.cpuCount();
    now = () => this.clock.now();
    setTimer = this.clock.setTimer;
    nextTurn = this.clock.nextTurn;
    random = () => 0;
    onSignal = this.clock.onSignal;
    wallTime() {
      return this.clock.wallTime();
    }
  }
  const observer = createRecordingObserver();
  await processParallel([1], (n) => n, { observer, runtime: new Machine() });
  expect(observer.events.map(({ timestamp }) => timestamp)).toEqual([7, 7, 7, 7]);
});

test('runs may be nested, each with its own workers and events', async () => {
  const outer = createRecordingObserver();
  const inner = createRecordingObserver();
  const { results } = await processParallel(
    [10, 20],
    async (ten) => {
      const run = processParallel([1, 2, 3], async (n) => ten + n, { observer: inner, maxWorkers: 2 });
      return (await run).results;
    },
    { observer: outer },
  );
  expect(results).toEqual([
    [11, 12, 13],
    [21, 22, 23],
  ]);
  expect(outer.ofType('parallel.start')).toHaveLength(1);
  expect(inner.ofType('parallel.start')).toHaveLength(2);
});

test('the failure of an inner run is the failure of its item', async () => {
  const run = processParallel([1, 2], () => processParallel([1], () => Promise.reject(new Error('boom'))));
  const error = await run.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ParallelError);
  expect((error as Error).message).toBe('parallel execution failed: item 0: parallel execution failed: item 0: boom');
});

test('many workers may listen to the signal without a warning of Node', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const gates = createGates();
  const run = processParallel(range(50), gates.obedient, { maxWorkers: 50 });
  await gates.open(...range(50));
  await run;
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
