import { expect, test } from 'vitest';
import { processChain } from '../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver, type RecordingObserver } from '../../src/testing/index.js';

const sequence = ({ events }: RecordingObserver) => events.map(({ type, data }) => [type, data]);
const start = (step_index: number, total_steps: number) => ['step.start', { step_index, total_steps }];
const complete = (step_index: number, total_steps: number, failure: object = { error: false }) => [
  'step.complete',
  { step_index, total_steps, ...failure },
];

test('the whole sequence of events of a chain that succeeds', async () => {
  const observer = createRecordingObserver();
  const runtime = createManualClock({ epochMs: 1_000 });
  await processChain([1, 2], 0, (item, sum) => sum + item, { observer, runtime, onProgress: () => {} });
  expect(sequence(observer)).toEqual([
    ['chain.start', { item_count: 2, has_progress_callback: true, capture_intermediate: false }],
    start(0, 2),
    complete(0, 2),
    start(1, 2),
    complete(1, 2),
    ['chain.complete', { steps_completed: 2, error: false }],
  ]);
  expect(new Set(observer.events.map(({ source, timestamp }) => `${source} ${timestamp}`))).toEqual(
    new Set(['processChain 1000']),
  );
});

test('the whole sequence of events of an empty chain', async () => {
  const observer = createRecordingObserver();
  await processChain([], 0, () => 1, { observer, captureIntermediate: true });
  expect(sequence(observer)).toEqual([
    ['chain.start', { item_count: 0, has_progress_callback: false, capture_intermediate: true }],
    ['chain.complete', { steps_completed: 0, error: false }],
  ]);
});

test('the whole sequence of events of a chain that fails', async () => {
  const observer = createRecordingObserver();
  const run = processChain(
    [1, 2, 3],
    0,
    (item, sum) => {
      if (item === 2) throw new RangeError('boom');
      return sum + item;
    },
    { observer },
  );
  await expect(run).rejects.toThrow();
  expect(sequence(observer)).toEqual([
    ['chain.start', { item_count: 3, has_progress_callback: false, capture_intermediate: false }],
    start(0, 3),
    complete(0, 3),
    start(1, 3),
    complete(1, 3, { error: true, error_type: 'RangeError', message: 'boom' }),
    [
      'chain.complete',
      { steps_completed: 1, error: true, error_type: 'processor', message: 'chain failed at step 1: boom' },
    ],
  ]);
});

test('the whole sequence of events of a chain that is cancelled between two steps', async () => {
  const observer = createRecordingObserver();
  const controller = new AbortController();
  const options = { observer, signal: controller.signal, onProgress: () => controller.abort('enough') };
  await expect(processChain([1, 2], 0, (item, sum) => sum + item, options)).rejects.toThrow();
  expect(sequence(observer)).toEqual([
    ['chain.start', { item_count: 2, has_progress_callback: true, capture_intermediate: false }],
    start(0, 2),
    complete(0, 2),
    [
      'chain.complete',
      { steps_completed: 1, error: true, error_type: 'cancellation', message: 'chain cancelled at step 1: enough' },
    ],
  ]);
});

test('the whole sequence of events of a chain that is cancelled during a step', async () => {
  const observer = createRecordingObserver();
  const controller = new AbortController();
  const run = processChain(
    [1],
    0,
    (_, __, { signal }) => {
      controller.abort('enough');
      signal.throwIfAborted();
      return 1;
    },
    { observer, signal: controller.signal },
  );
  await expect(run).rejects.toThrow();
  expect(sequence(observer)).toEqual([
    ['chain.start', { item_count: 1, has_progress_callback: false, capture_intermediate: false }],
    start(0, 1),
    complete(0, 1, { error: true, error_type: 'string', message: 'enough' }),
    [
      'chain.complete',
      { steps_completed: 0, error: true, error_type: 'cancellation', message: 'chain cancelled at step 0: enough' },
    ],
  ]);
});

test('the whole sequence of events of a chain that is cancelled before its first step', async () => {
  const observer = createRecordingObserver();
  const signal = AbortSignal.abort('early');
  await expect(processChain([1, 2], 0, (item, sum) => sum + item, { observer, signal })).rejects.toThrow();
  expect(sequence(observer)).toEqual([
    ['chain.start', { item_count: 2, has_progress_callback: false, capture_intermediate: false }],
    [
      'chain.complete',
      { steps_completed: 0, error: true, error_type: 'cancellation', message: 'chain cancelled at step 0: early' },
    ],
  ]);
});
