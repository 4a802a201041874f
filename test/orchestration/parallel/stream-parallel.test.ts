import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import {
  InvalidOptionError,
  type StreamOutcome,
  streamParallel,
  UnknownObserverError,
} from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { createGates, settled } from './gates.js';
import { createTrackedSource, numbers } from './tracked-source.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

async function collect<T, R>(stream: AsyncIterable<StreamOutcome<T, R>>): Promise<StreamOutcome<T, R>[]> {
  const outcomes: StreamOutcome<T, R>[] = [];
  for await (const outcome of stream) outcomes.push(outcome);
  return outcomes;
}

function* countUp(): Generator<number> {
  for (let n = 0; ; n += 1) yield n;
}

describe('outcomes', () => {
  test('come in input order with their items, whatever the order in which they finish', async () => {
    const gates = createGates();
    const all = collect(streamParallel(['a', 'b', 'c'], gates.processor, { concurrency: 3, failFast: false }));
    await settled();
    await gates.fail(1, 'boom');
    await gates.open(2, 0);
    expect(await all).toEqual([
      { status: 'ok', index: 0, item: 'a', value: 'value of 0' },
      { status: 'failed', index: 1, item: 'b', error: 'boom' },
      { status: 'ok', index: 2, item: 'c', value: 'value of 2' },
    ]);
  });

  test('are given out as soon as all before them are', async () => {
    const gates = createGates();
    const stream = streamParallel(range(3), gates.processor, { concurrency: 3 });
    const taken: number[] = [];
    const first = stream.next().then(({ value }) => taken.push(value.index));
    await settled();
    await gates.open(1);
    expect(taken).toEqual([]);
    await gates.open(0);
    await first;
    expect(taken).toEqual([0]);
    expect((await stream.next()).value.index).toBe(1);
    await gates.open(2);
    expect((await stream.next()).value.index).toBe(2);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('answer to several calls of next at once, in their order', async () => {
    const gates = createGates();
    const stream = streamParallel(range(2), gates.processor, { concurrency: 2 });
    const answers = Promise.all([stream.next(), stream.next(), stream.next()]);
    await settled();
    await gates.open(1, 0);
    expect((await answers).map(({ done, value }) => (done ? 'done' : value.index))).toEqual([0, 1, 'done']);
  });

  async function* asynchronously(): AsyncGenerator<number> {
    yield* range(3);
  }

  test.each<[string, () => Iterable<unknown> | AsyncIterable<unknown>, unknown[]]>([
    ['a list', () => [0, 1, 2], [0, 1, 2]],
    ['a set', () => new Set([0, 1, 2]), [0, 1, 2]],
    ['a string', () => 'abc', ['a', 'b', 'c']],
    ['a generator', () => countUp(), [0, 1, 2]],
    ['an asynchronous generator', asynchronously, [0, 1, 2]],
    ['a stream of Node', () => Readable.from(['a', 'b', 'c']), ['a', 'b', 'c']],
  ])('come from %s', async (_, source, expected) => {
    const items: unknown[] = [];
    for await (const outcome of streamParallel(source(), (item) => item, { concurrency: 2 })) {
      items.push(outcome.item);
      if (items.length === 3) break;
    }
    expect(items).toEqual(expected);
  });

  async function* nothing(): AsyncGenerator<number> {}

  test.each<[string, () => Iterable<number> | AsyncIterable<number>]>([
    ['list', () => []],
    ['set', () => new Set<number>()],
    ['asynchronous generator', nothing],
  ])('of an empty %s are none, whatever the concurrency', async (_, source) => {
    expect(await collect(streamParallel(source(), (n) => n))).toEqual([]);
    expect(await collect(streamParallel(source(), (n) => n, { concurrency: 4, failFast: true }))).toEqual([]);
  });

  test('of a list that grows or shrinks meanwhile are those of what is there, and at most of what was', async () => {
    const growing = [0, 1];
    const grown = await collect(streamParallel(growing, (n) => growing.push(n), { concurrency: 1 }));
    expect(grown).toHaveLength(2);
    const shrinking = [0, 1, 2];
    const shrunk = await collect(streamParallel(shrinking, () => shrinking.pop(), { concurrency: 1 }));
    expect(shrunk.length).toBeLessThan(3);
  });
});

describe('nothing happens before the first next', () => {
  test('neither the source nor the processor is touched', async () => {
    const { source, counts } = createTrackedSource({ next: numbers(3) });
    const processor = vi.fn();
    const stream = streamParallel(source, processor);
    await settled();
    expect(counts).toEqual({ opened: 0, asked: 0, closed: 0 });
    expect(await collect(stream)).toHaveLength(3);
    expect(counts.opened).toBe(1);
    expect(processor).toHaveBeenCalledTimes(3);
  });

  test('a return before the first next ends the stream without touching anything', async () => {
    const { source, counts } = createTrackedSource({ next: numbers(3) });
    const stream = streamParallel(source, (n) => n);
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(counts).toEqual({ opened: 0, asked: 0, closed: 0 });
  });
});

describe('bounds', () => {
  test('no more than `concurrency` items are in flight, and a free place is taken at once', async () => {
    const gates = createGates();
    const all = collect(streamParallel(range(5), gates.processor, { concurrency: 2 }));
    await settled();
    expect(gates.waiting).toEqual([0, 1]);
    await gates.open(1);
    expect(gates.waiting).toEqual([0, 2]);
    await gates.open(0);
    expect(gates.waiting).toEqual([2, 3]);
    await gates.open(2, 3, 4);
    await all;
    expect(gates.started.map(({ workerId }) => workerId)).toEqual([0, 1, 1, 0, 1]);
  });

  test('the concurrency is max(1, min(2 × CPUs, 16)) when none is given', async () => {
    const gates = createGates();
    const stream = streamParallel(countUp(), gates.processor, { runtime: createManualClock({ cpuCount: 3 }) });
    const first = stream.next();
    await settled();
    expect(gates.waiting).toEqual(range(6));
    await gates.open(0);
    await first;
    const end = stream.return?.();
    await gates.open(...gates.waiting);
    await end;
  });

  test('behind a slow head, no more than `backpressure` items are in flight or wait', async () => {
    const gates = createGates();
    const stream = streamParallel(countUp(), gates.processor, { concurrency: 2, backpressure: 5 });
    const first = stream.next();
    await settled();
    await gates.open(1, 2, 3, 4);
    expect(gates.started).toHaveLength(5);
    expect(gates.waiting).toEqual([0]);
    await gates.open(0);
    expect((await first).value.index).toBe(0);
    await settled();
    expect(gates.waiting).toEqual([5]);
    const end = stream.return?.();
    await gates.open(...gates.waiting);
    await end;
  });

  test('a small backpressure bounds the concurrency, too', async () => {
    const gates = createGates();
    const all = collect(streamParallel(range(4), gates.processor, { concurrency: 4, backpressure: 1 }));
    await settled();
    expect(gates.waiting).toEqual([0]);
    for (const index of range(4)) await gates.open(index);
    expect(await all).toHaveLength(4);
  });

  test('an endless source is read only as far ahead of the reader as the backpressure allows', async () => {
    let started = 0;
    let taken = 0;
    let most = 0;
    const processor = async (n: number) => {
      started += 1;
      most = Math.max(most, started - taken);
      return n;
    };
    for await (const { index } of streamParallel(countUp(), processor, { concurrency: 8, backpressure: 50 })) {
      taken += 1;
      if (index === 20_000) break;
    }
    expect(taken).toBe(20_001);
    // The outcome that is on its way to the reader does not wait any more.
    expect(most).toBe(50 + 1);
  });

  test('outcomes that were taken are let go', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const values: WeakRef<object>[] = [];
    const processor = async () => {
      const value = { text: 'an answer' };
      values.push(new WeakRef(value));
      return value;
    };
    const stream = streamParallel(countUp(), processor, { concurrency: 4, backpressure: 10 });
    for (let taken = 0; taken < 1_000; taken += 1) await stream.next();
    await settled();
    collectGarbage();
    expect(values.filter((value) => value.deref() !== undefined).length).toBeLessThan(50);
    await stream.return?.();
  });

  test('a reader that pauses finds at most `backpressure` outcomes waiting', async () => {
    let started = 0;
    const processor = async (n: number) => {
      started += 1;
      return n;
    };
    const stream = streamParallel(countUp(), processor, { concurrency: 4, backpressure: 10 });
    await stream.next();
    await settled();
    expect(started).toBe(11);
    await stream.return?.();
  });

  test('the default backpressure is 1,024', async () => {
    const processor = vi.fn(async () => {});
    // Time stands still: the stream gives way to nobody.
    const stream = streamParallel(countUp(), processor, { concurrency: 4, runtime: createManualClock() });
    await stream.next();
    await settled();
    expect(processor).toHaveBeenCalledTimes(1_025);
    await stream.return?.();
  });

  test('processors that throw at once do not overflow the stack, however large the backpressure', async () => {
    const count = 30_000;
    const processor = () => {
      throw new Error('boom');
    };
    const outcomes = await collect(
      streamParallel(range(count), processor, { backpressure: count, concurrency: count, failFast: false }),
    );
    expect(outcomes).toHaveLength(count);
    expect(outcomes.every(({ status, index }, place) => status === 'failed' && index === place)).toBe(true);
  });

  test('30,000 items stay in order', async () => {
    const outcomes = await collect(streamParallel(range(30_000), async (n) => n * 2, { concurrency: 16 }));
    expect(outcomes).toHaveLength(30_000);
    expect(outcomes.every((outcome, index) => outcome.status === 'ok' && outcome.value === index * 2)).toBe(true);
  });

  test('a huge concurrency costs nothing in advance', async () => {
    const options = { concurrency: Number.MAX_SAFE_INTEGER, backpressure: Number.MAX_SAFE_INTEGER };
    expect(await collect(streamParallel(new Set([1, 2]), (n) => n, options))).toHaveLength(2);
  });
});

describe('validation at the call', () => {
  const wrong = [0, -1, 1.5, Number.NaN, '4', null];

  test.each(wrong)('refuses a concurrency and a backpressure of %s', (value) => {
    for (const option of ['concurrency', 'backpressure']) {
      const call = () => streamParallel([1], (n) => n, { [option]: value });
      expect(call).toThrow(InvalidOptionError);
      expect(call).toThrow(new RegExp(`^option ${option} must be a whole number of at least 1,.* but is `));
    }
  });

  test.each([undefined, null, 5, {}, () => [1]])('refuses %s as input', (input) => {
    const call = () => streamParallel(input as never, (n) => n);
    expect(call).toThrow(/^option input must be an iterable or async iterable, but is /);
  });

  test('refuses a processor that is no function, and options of the wrong kind', () => {
    expect(() => streamParallel([1], undefined as never)).toThrow('option processor must be a function');
    const controller = new AbortController() as never;
    expect(() => streamParallel([1], (n) => n, { signal: controller })).toThrow('option signal must be an AbortSignal');
    expect(() => streamParallel([1], (n) => n, { failFast: 1 as never })).toThrow(
      'option failFast must be true or false',
    );
  });

  test('refuses an observer that nobody registered', () => {
    expect(() => streamParallel([1], (n) => n, { observer: 'syslog' })).toThrow(UnknownObserverError);
  });
});
