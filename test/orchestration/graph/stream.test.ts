import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import {
  ExecutionError,
  GraphCancelledError,
  type GraphUpdate,
  InvalidOptionError,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { addOne, type Counter, failing, line, loop, rejection, start } from './counter.js';

expectNothingUnhandled();

const seen = ({ node, iteration, state, changes }: GraphUpdate<Counter>) => [node, iteration, state.data, changes];

async function readAll(updates: AsyncIterable<GraphUpdate<Counter>>, into: unknown[] = []) {
  for await (const update of updates) into.push(seen(update));
  return into;
}

test('a stream gives each node with its state and what it changed, and the result at the end', async () => {
  const stream = line(
    {},
    { b: (state) => state.set('note', 'b').delete('note').set('note', 'c'), c: (state) => state.delete('note') },
  ).stream(start());
  expect(await readAll(stream)).toEqual([
    ['a', 1, { count: 1 }, { count: 1 }],
    ['b', 2, { count: 1, note: 'c' }, { note: 'c' }],
    ['c', 3, { count: 1 }, { note: undefined }],
  ]);
  expect(await stream.result).toMatchObject({ path: ['a', 'b', 'c'], exitPoint: 'c', runId: 'r' });
});

test('nothing runs before the reader asks, and each node waits for the reader', async () => {
  const ran: number[] = [];
  const stream = loop(5, {}, (state, context) => {
    ran.push(context.iteration);
    return addOne(state, context);
  }).stream(start());
  expect(ran).toEqual([]);
  for (const round of [1, 2, 3]) {
    await stream.next();
    await new Promise(setImmediate);
    expect(ran.at(-1)).toBe(round);
  }
  await stream.return?.();
  expect(ran).toEqual([1, 2, 3]);
});

test('leaving the loop stops the run, waits for it, and saves it as cancelled', async () => {
  const store = memoryStore();
  const stream = line({ checkpoints: { store } }).stream(start());
  for await (const { node } of stream) if (node === 'b') break;
  expect(await store.checkpoints.find('r')).toMatchObject({ status: 'cancelled', iteration: 2, leasedUntil: 0 });
  expect(await rejection(stream.result)).toBeInstanceOf(GraphCancelledError);
});

test('leaving aborts the signal of the node in flight', async () => {
  let begun = () => {};
  const inFlight = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let reason: unknown;
  const stream = line(
    {},
    {
      b: (state, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve(state);
          });
          begun();
        }),
    },
  ).stream(start());
  await stream.next();
  const next = stream.next();
  await inFlight;
  await stream.return?.();
  expect(String(reason)).toBe('Error: the reader of the updates left');
  expect(await next).toEqual({ value: undefined, done: true });
});

test('an error comes after the updates of the nodes before it', async () => {
  const updates: unknown[] = [];
  const stream = line({}, { c: failing() }).stream(start());
  expect(await rejection(readAll(stream, updates))).toBeInstanceOf(ExecutionError);
  expect(updates).toHaveLength(2);
  expect(await rejection(stream.result)).toBeInstanceOf(ExecutionError);
});

test('asking for the result runs the graph without a reader, who still gets every update', async () => {
  const stream = line().stream(start());
  expect((await stream.result).path).toEqual(['a', 'b', 'c']);
  expect(await readAll(stream)).toHaveLength(3);
});

test('an abort ends a run whose reader does not ask', async () => {
  const abort = new AbortController();
  const store = memoryStore();
  const stream = line({ checkpoints: { store } }).stream(start(), { signal: abort.signal });
  await stream.next();
  abort.abort(new Error('enough'));
  await new Promise(setImmediate);
  expect((await store.checkpoints.find('r'))?.status).toBe('cancelled');
  expect(await rejection(stream.next())).toBeInstanceOf(GraphCancelledError);
});

test('a stream that is left before it began runs nothing', async () => {
  const stream = line({}, { a: () => expect.unreachable() }).stream(start());
  await stream.return?.();
  expect(await readAll(stream)).toEqual([]);
  expect(await rejection(stream.result)).toBeInstanceOf(GraphCancelledError);
});

test('nodes run in the context of whoever made the stream', async () => {
  const storage = new AsyncLocalStorage<string>();
  const contexts: unknown[] = [];
  const a = (state: Parameters<typeof addOne>[0], context: Parameters<typeof addOne>[1]) => {
    contexts.push(storage.getStore());
    return addOne(state, context);
  };
  const stream = storage.run('maker', () => line({}, { a }).stream(start()));
  await storage.run('reader', () => readAll(stream));
  expect(contexts).toEqual(['maker']);
});

test('a wrong option is rejected at the call', () => {
  expect(() => line().stream(start(), { maxIterations: 0 })).toThrow(InvalidOptionError);
});
