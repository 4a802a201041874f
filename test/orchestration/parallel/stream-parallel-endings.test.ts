import { describe, expect, test, vi } from 'vitest';
import { type StreamOutcome, streamParallel, TaskError } from '../../../src/orchestration/index.js';
import { countListeners } from '../../foundation/count-listeners.js';
import { createGates, settled } from './gates.js';
import { createTrackedSource, numbers } from './tracked-source.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

/** Reads a stream to its end: what came, and what it threw. */
async function readAll(stream: AsyncIterable<StreamOutcome<unknown, unknown>>) {
  const statuses: string[] = [];
  try {
    for await (const { status, index } of stream) statuses.push(`${index} ${status}`);
    return { statuses, threw: false };
  } catch (error) {
    return { statuses, threw: true, error };
  }
}

describe('a reader that leaves', () => {
  test('with break stops everything: processors are aborted and waited for, and the source is closed once', async () => {
    const { source, counts } = createTrackedSource({ next: numbers(100) });
    const gates = createGates();
    let left = false;
    const reading = (async () => {
      for await (const _ of streamParallel(source, gates.processor, { concurrency: 3 })) break;
      left = true;
    })();
    await settled();
    await gates.open(0);
    expect(gates.waiting).toEqual([1, 2, 3]);
    expect(gates.started.map(({ signal }) => signal.aborted)).toEqual([true, true, true, true]);
    expect([left, counts.closed]).toEqual([false, 0]);
    await gates.open(1, 2, 3);
    await reading;
    expect(counts).toEqual({ opened: 1, asked: 4, closed: 1 });
    expect(gates.started).toHaveLength(4);
  });

  test('while next is pending gets the outcome in flight, and then the end', async () => {
    const { source, counts } = createTrackedSource({ next: numbers(100) });
    const gates = createGates();
    const stream = streamParallel(source, gates.obedient, { concurrency: 2 });
    const next = stream.next();
    await settled();
    const end = stream.return?.();
    expect((await next).value).toMatchObject({ status: 'cancelled', index: 0 });
    expect(await end).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(counts.closed).toBe(1);
    expect(gates.waiting).toEqual([]);
  });

  test('while next is pending waits for processors that ignore their signal', async () => {
    const gates = createGates();
    const stream = streamParallel([1, 2, 3], gates.processor, { concurrency: 2 });
    const next = stream.next();
    await settled();
    let ended = false;
    const end = stream.return?.().then(() => {
      ended = true;
    });
    await gates.open(0);
    expect((await next).value).toMatchObject({ status: 'ok', index: 0 });
    expect(ended).toBe(false);
    await gates.open(1);
    await end;
    expect(gates.started).toHaveLength(2);
  });

  test('does not wait for a source that never answers: a pending next is done', async () => {
    const { source, counts } = createTrackedSource<number>({ next: () => new Promise(() => {}) });
    const stream = streamParallel(source, (n) => n);
    const next = stream.next();
    await settled();
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(counts).toEqual({ opened: 1, asked: 1, closed: 1 });
  });

  test('does not wait for a source that answers and fails later', async () => {
    let answer = (_: unknown) => {};
    const next = () => new Promise<never>((_, reject) => (answer = reject));
    const onReturn = () => Promise.reject(new Error('cannot be closed'));
    const { source } = createTrackedSource<number>({ next, onReturn });
    const stream = streamParallel(source, (n) => n);
    void stream.next();
    await settled();
    await stream.return?.();
    answer(new Error('late'));
    await settled();
  });

  test('does not start the item of a source that answers after it left', async () => {
    let answer = (_: IteratorResult<number>) => {};
    const next = () => new Promise<IteratorResult<number>>((resolve) => (answer = resolve));
    const { source, counts } = createTrackedSource({ next });
    const processor = vi.fn();
    const stream = streamParallel(source, processor);
    void stream.next();
    await settled();
    await stream.return?.();
    answer({ done: false, value: 1 });
    await settled();
    expect(processor).not.toHaveBeenCalled();
    expect(counts.asked).toBe(1);
  });

  test('hears of a source that cannot be closed', async () => {
    const onReturn = () => Promise.reject(new Error('cannot be closed'));
    const { source, counts } = createTrackedSource({ next: numbers(100), onReturn });
    const stream = streamParallel(source, (n) => n, { concurrency: 2 });
    await stream.next();
    await expect(stream.return?.()).rejects.toThrow('cannot be closed');
    expect(counts.closed).toBe(1);
  });

  test('may leave a source that cannot be closed, or has been read to its end', async () => {
    const endless = { [Symbol.iterator]: () => ({ next: () => ({ done: false as const, value: 1 }) }) };
    for await (const _ of streamParallel(endless, (n) => n)) break;
    const { source, counts } = createTrackedSource({ next: numbers(2) });
    for await (const _ of streamParallel(source, (n) => n)) break;
    expect(counts).toEqual({ opened: 1, asked: 3, closed: 0 });
  });
});

describe('fail-fast', () => {
  test('throws the TaskError of the first failure, after the outcomes of all started items', async () => {
    const { source, counts } = createTrackedSource({ next: numbers(100) });
    const gates = createGates();
    const all = readAll(streamParallel(source, gates.obedient, { concurrency: 3, failFast: true }));
    await settled();
    await gates.open(0);
    await gates.fail(2, 'boom');
    const { statuses, error } = await all;
    expect(statuses).toEqual(['0 ok', '1 cancelled', '2 failed', '3 cancelled']);
    expect(error).toEqual(new TaskError(2, 2, 'boom'));
    expect(gates.started[0]?.signal.reason).toBe(error);
    expect(counts).toEqual({ opened: 1, asked: 4, closed: 1 });
  });

  test('throws the failure of the last item, too', async () => {
    const run = streamParallel([0, 1], (n) => (n === 1 ? Promise.reject('boom') : n), { failFast: true });
    const { statuses, error } = await readAll(run);
    expect(statuses).toEqual(['0 ok', '1 failed']);
    expect(error).toBeInstanceOf(TaskError);
  });

  test('is on by default, as in processParallel', async () => {
    const run = streamParallel([0, 1, 2], (n) => (n === 1 ? Promise.reject('boom') : n), { concurrency: 1 });
    const { statuses, error } = await readAll(run);
    expect(statuses).toEqual(['0 ok', '1 failed']);
    expect(error).toBeInstanceOf(TaskError);
  });

  test('lets everything run where it is off', async () => {
    const run = streamParallel([0, 1, 2], (n) => (n === 1 ? Promise.reject('boom') : n), { failFast: false });
    expect(await readAll(run)).toEqual({ statuses: ['0 ok', '1 failed', '2 ok'], threw: false });
  });
});

describe('an abort of the caller', () => {
  test('throws its reason, after the outcomes of all started items', async () => {
    const controller = new AbortController();
    const { source, counts } = createTrackedSource({ next: numbers(100) });
    const gates = createGates();
    const all = readAll(streamParallel(source, gates.obedient, { concurrency: 2, signal: controller.signal }));
    await settled();
    await gates.open(0);
    controller.abort(undefined);
    const { statuses, error } = await all;
    expect(statuses).toEqual(['0 ok', '1 cancelled', '2 cancelled']);
    expect(error).toBe(controller.signal.reason);
    expect(counts).toEqual({ opened: 1, asked: 3, closed: 1 });
  });

  test('before the first next starts nothing and does not open the source', async () => {
    const { source, counts } = createTrackedSource({ next: numbers(100) });
    const stream = streamParallel(source, (n) => n, { signal: AbortSignal.abort('before') });
    expect(await readAll(stream)).toEqual({ statuses: [], threw: true, error: 'before' });
    expect(counts).toEqual({ opened: 0, asked: 0, closed: 0 });
  });

  test('does not wait for a source that never answers', async () => {
    const controller = new AbortController();
    const { source, counts } = createTrackedSource<number>({ next: () => new Promise(() => {}) });
    const all = readAll(streamParallel(source, (n) => n, { signal: controller.signal }));
    await settled();
    controller.abort('enough');
    expect(await all).toEqual({ statuses: [], threw: true, error: 'enough' });
    expect(counts.closed).toBe(1);
  });

  test.each([
    ['a list', () => [0, 1]],
    ['a source that was read to its end', () => new Set([0, 1])],
  ])('after the last item of %s has no effect', async (_, source) => {
    const controller = new AbortController();
    const stream = streamParallel(source(), (n) => n, { signal: controller.signal, backpressure: 2 });
    await stream.next();
    await settled();
    controller.abort('too late');
    expect(await readAll(stream)).toEqual({ statuses: ['1 ok'], threw: false });
  });

  test('comes before a source that cannot be closed', async () => {
    const controller = new AbortController();
    const onReturn = () => expect.fail('cannot be closed');
    const { source } = createTrackedSource({ next: numbers(100), onReturn });
    const gates = createGates();
    const all = readAll(streamParallel(source, gates.obedient, { concurrency: 1, signal: controller.signal }));
    await settled();
    controller.abort('enough');
    expect((await all).error).toBe('enough');
  });

  test('is no more listened to when the stream has ended, however it ended', async () => {
    const { signal } = new AbortController();
    const counter = countListeners(signal);
    await readAll(streamParallel([1], (n) => n, { signal }));
    await readAll(streamParallel([1], () => Promise.reject('boom'), { signal, failFast: true }));
    for await (const _ of streamParallel([1, 2], (n) => n, { signal })) break;
    streamParallel([1], (n) => n, { signal });
    expect(counter.count).toBe(0);
  });
});

describe('a source that throws', () => {
  const broken = new Error('broken');
  const breakingAt = (end: number) => (index: number) => {
    if (index === end) throw broken;
    return numbers(100)(index);
  };
  const rejectingAt = (end: number) => async (index: number) => breakingAt(end)(index);

  test.each([
    ['synchronously', breakingAt],
    ['asynchronously', rejectingAt],
  ])('%s is passed on after the outcomes of the started items, and is not closed', async (_, answers) => {
    for (const end of [0, 3]) {
      const { source, counts } = createTrackedSource({ next: answers(end) });
      const { statuses, error } = await readAll(streamParallel(source, async (n) => n, { concurrency: 2 }));
      expect(statuses).toEqual(['0 ok', '1 ok', '2 ok'].slice(0, end));
      expect(error).toBe(broken);
      expect(counts).toEqual({ opened: 1, asked: end + 1, closed: 0 });
    }
  });

  test('when it is opened is passed on', async () => {
    const source = { [Symbol.iterator]: () => expect.fail('cannot be opened') };
    const { statuses, error } = await readAll(streamParallel(source, (n) => n));
    expect(statuses).toEqual([]);
    expect(error).toMatchObject({ message: 'cannot be opened' });
  });

  test.each([
    ['synchronously', () => undefined],
    ['asynchronously', async () => undefined],
  ])('because it answers with nothing, %s, is passed on', async (_, next) => {
    const { source } = createTrackedSource({ next: next as never });
    expect((await readAll(streamParallel(source, (n) => n))).error).toBeInstanceOf(TypeError);
  });

  test('lets the items in flight finish, unless the caller aborts', async () => {
    const controller = new AbortController();
    const { source } = createTrackedSource({ next: breakingAt(2) });
    const gates = createGates();
    const all = readAll(streamParallel(source, gates.obedient, { concurrency: 3, signal: controller.signal }));
    await settled();
    await gates.open(0);
    expect(gates.waiting).toEqual([1]);
    controller.abort('enough');
    expect(await all).toEqual({ statuses: ['0 ok', '1 cancelled'], threw: true, error: broken });
  });

  test('does not keep a reader from leaving', async () => {
    const { source } = createTrackedSource({ next: breakingAt(2) });
    const gates = createGates();
    const stream = streamParallel(source, gates.obedient, { concurrency: 3 });
    const next = stream.next();
    await settled();
    await gates.open(0);
    await next;
    await stream.return?.();
    expect(gates.waiting).toEqual([]);
  });
});
