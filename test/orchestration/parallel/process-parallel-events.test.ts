import { describe, expect, test, vi } from 'vitest';
import { DefectError } from '../../../src/foundation/errors/chorale-error.js';
import { type Event, type Observer, processParallel } from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver, type RecordingObserver } from '../../../src/testing/index.js';
import { hostileValues } from '../../foundation/errors/hostile-values.js';
import { createGates, settled } from './gates.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

const sequence = ({ events }: RecordingObserver) => events.map(({ type, data }) => [type, data]);

const start = (worker_id: number, item_index: number, total_items: number) => [
  'worker.start',
  { worker_id, item_index, total_items },
];
const complete = (worker_id: number, item_index: number, total_items: number, failure: object = { error: false }) => [
  'worker.complete',
  { worker_id, item_index, total_items, ...failure },
];

describe('the whole sequence of events', () => {
  test('of a run that succeeds', async () => {
    const observer = createRecordingObserver();
    const gates = createGates();
    const run = processParallel(['a', 'b', 'c'], gates.processor, { maxWorkers: 2, observer, onProgress: () => {} });
    await settled();
    await gates.open(1, 0, 2);
    await run;
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 3, worker_count: 2, fail_fast: true, has_progress_callback: true }],
      start(0, 0, 3),
      start(1, 1, 3),
      complete(1, 1, 3),
      start(1, 2, 3),
      complete(0, 0, 3),
      complete(1, 2, 3),
      [
        'parallel.complete',
        { items_processed: 3, items_failed: 0, items_cancelled: 0, items_not_started: 0, error: false },
      ],
    ]);
  });

  test('of a run that a failure stops', async () => {
    const observer = createRecordingObserver();
    const gates = createGates();
    const ended = expect(
      processParallel(['a', 'b', 'c'], gates.obedient, { maxWorkers: 2, observer }),
    ).rejects.toThrow();
    await settled();
    await gates.fail(1, new RangeError('boom'));
    await ended;
    const stopped = { error: true, error_type: 'CHORALE_TASK_FAILED', message: 'item 1: boom' };
    const message = 'parallel execution failed: item 1: boom';
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 3, worker_count: 2, fail_fast: true, has_progress_callback: false }],
      start(0, 0, 3),
      start(1, 1, 3),
      complete(1, 1, 3, { error: true, error_type: 'RangeError', message: 'boom' }),
      complete(0, 0, 3, stopped),
      [
        'parallel.complete',
        {
          items_processed: 0,
          items_failed: 1,
          items_cancelled: 1,
          items_not_started: 1,
          error: true,
          error_type: 'CHORALE_PARALLEL_FAILED',
          message,
        },
      ],
    ]);
  });

  test('of a run that goes on after a failure', async () => {
    const observer = createRecordingObserver();
    const gates = createGates();
    const run = processParallel(['a', 'b', 'c'], gates.processor, { maxWorkers: 2, failFast: false, observer });
    await settled();
    await gates.fail(0, undefined);
    await gates.open(2, 1);
    await run;
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 3, worker_count: 2, fail_fast: false, has_progress_callback: false }],
      start(0, 0, 3),
      start(1, 1, 3),
      complete(0, 0, 3, { error: true, error_type: 'undefined', message: 'undefined' }),
      start(0, 2, 3),
      complete(0, 2, 3),
      complete(1, 1, 3),
      [
        'parallel.complete',
        { items_processed: 2, items_failed: 1, items_cancelled: 0, items_not_started: 0, error: false },
      ],
    ]);
  });

  test('of a run in which everything failed', async () => {
    const observer = createRecordingObserver();
    const run = processParallel(['a'], () => Promise.reject(new DefectError('boom')), { failFast: false, observer });
    await expect(run).rejects.toThrow();
    const message = 'a defect in chorale: boom';
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 1, worker_count: 1, fail_fast: false, has_progress_callback: false }],
      start(0, 0, 1),
      complete(0, 0, 1, { error: true, error_type: 'CHORALE_DEFECT', message }),
      [
        'parallel.complete',
        {
          items_processed: 0,
          items_failed: 1,
          items_cancelled: 0,
          items_not_started: 0,
          error: true,
          error_type: 'CHORALE_PARALLEL_FAILED',
          message: `parallel execution failed: item 0: ${message}`,
        },
      ],
    ]);
  });

  test('of a run that its caller stops', async () => {
    const observer = createRecordingObserver();
    const controller = new AbortController();
    const gates = createGates();
    const options = { maxWorkers: 1, observer, signal: controller.signal };
    const run = processParallel(['a', 'b', 'c'], gates.obedient, options);
    run.catch(() => {});
    await settled();
    await gates.open(0);
    controller.abort(new DOMException('enough', 'AbortError'));
    await expect(run).rejects.toThrow();
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 3, worker_count: 1, fail_fast: true, has_progress_callback: false }],
      start(0, 0, 3),
      complete(0, 0, 3),
      start(0, 1, 3),
      complete(0, 1, 3, { error: true, error_type: 'AbortError', message: 'enough' }),
      [
        'parallel.complete',
        {
          items_processed: 1,
          items_failed: 0,
          items_cancelled: 1,
          items_not_started: 1,
          error: true,
          error_type: 'CHORALE_PARALLEL_CANCELLED',
          message: 'parallel execution cancelled: enough',
        },
      ],
    ]);
  });

  test('of a run whose signal was aborted before', async () => {
    const observer = createRecordingObserver();
    const run = processParallel(['a', 'b'], () => 1, { observer, maxWorkers: 2, signal: AbortSignal.abort('before') });
    await expect(run).rejects.toThrow();
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 2, worker_count: 2, fail_fast: true, has_progress_callback: false }],
      [
        'parallel.complete',
        {
          items_processed: 0,
          items_failed: 0,
          items_cancelled: 0,
          items_not_started: 2,
          error: true,
          error_type: 'CHORALE_PARALLEL_CANCELLED',
          message: 'parallel execution cancelled: before',
        },
      ],
    ]);
  });

  test('of a run over nothing', async () => {
    const observer = createRecordingObserver();
    await processParallel([], () => 1, { observer });
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 0, worker_count: 1, fail_fast: true, has_progress_callback: false }],
      [
        'parallel.complete',
        { items_processed: 0, items_failed: 0, items_cancelled: 0, items_not_started: 0, error: false },
      ],
    ]);
  });
});

test('every event has exactly type, timestamp, source and data, with the time of the host', async () => {
  const clock = createManualClock({ epochMs: 1_000_000 });
  const observer = createRecordingObserver();
  const gates = createGates();
  const run = processParallel(['a'], gates.processor, { observer, runtime: clock });
  await clock.advance(250);
  await gates.open(0);
  await run;
  for (const event of observer.events) {
    expect(Object.keys(event)).toEqual(['type', 'timestamp', 'source', 'data']);
    expect(event.source).toBe('processParallel');
  }
  expect(observer.events.map(({ timestamp }) => timestamp)).toEqual([1_000_000, 1_000_000, 1_000_250, 1_000_250]);
});

test('the complete event of an item comes before its progress, and before the next start', async () => {
  const order: string[] = [];
  const observer: Observer = { onEvent: ({ type }: Event) => void order.push(type) };
  const onProgress = (completed: number) => void order.push(`progress ${completed}`);
  await processParallel([1, 2], (n) => n, { maxWorkers: 1, observer, onProgress });
  expect(order).toEqual([
    'parallel.start',
    'worker.start',
    'worker.complete',
    'progress 1',
    'worker.start',
    'worker.complete',
    'progress 2',
    'parallel.complete',
  ]);
});

test.each(hostileValues)('%s has its complete event, too', async (_, value) => {
  const observer = createRecordingObserver();
  const { errors } = await processParallel([1, 2], (n) => (n === 1 ? Promise.reject(value) : n), {
    failFast: false,
    observer,
  });
  expect(errors).toHaveLength(1);
  expect(observer.ofType('worker.complete').map(({ data }) => data.error)).toEqual([true, false]);
  const [failed] = observer.ofType('worker.complete');
  expect(failed?.data).toMatchObject({ error_type: expect.any(String), message: expect.any(String) });
});

describe('an observer that misbehaves', () => {
  test.each([
    ['throws', () => expect.fail('boom')],
    ['rejects', () => Promise.reject(new Error('boom'))],
  ])('and %s never fails a run, and is dropped after one warning', async (_, misbehave) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onEvent = vi.fn(misbehave);
    const { results } = await processParallel([1, 2, 3], (n) => n, { observer: { onEvent } });
    expect(results).toEqual([1, 2, 3]);
    expect(warn.mock.calls).toEqual([['an observer threw and is ignored from now on: boom', 'ChoraleWarning']]);
    warn.mockRestore();
  });

  test('is called no more after it threw', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onEvent = vi.fn(() => expect.fail('boom'));
    await processParallel([1, 2, 3], (n) => n, { observer: { onEvent } });
    expect(onEvent).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
  });
});
