import { describe, expect, test } from 'vitest';
import { noopObserver, streamParallel } from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver, type RecordingObserver } from '../../../src/testing/index.js';
import { createGates, settled } from './gates.js';
import { createTrackedSource, numbers } from './tracked-source.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

const sequence = ({ events }: RecordingObserver) => events.map(({ type, data }) => [type, data]);

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const start = (worker_id: number, item_index: number, total_items: number | null) => [
  'worker.start',
  { worker_id, item_index, total_items },
];
const complete = (
  worker_id: number,
  item_index: number,
  total_items: number | null,
  failure: object = { error: false },
) => ['worker.complete', { worker_id, item_index, total_items, ...failure }];

describe('the whole sequence of events', () => {
  test('of a list is that of processParallel', async () => {
    const observer = createRecordingObserver();
    const gates = createGates();
    const reading = drain(
      streamParallel(['a', 'b', 'c'], gates.processor, { concurrency: 2, failFast: false, observer }),
    );
    await settled();
    await gates.fail(1, new RangeError('boom'));
    await gates.open(0, 2);
    await reading;
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 3, worker_count: 2, fail_fast: false, has_progress_callback: false }],
      start(0, 0, 3),
      start(1, 1, 3),
      complete(1, 1, 3, { error: true, error_type: 'RangeError', message: 'boom' }),
      start(1, 2, 3),
      complete(0, 0, 3),
      complete(1, 2, 3),
      [
        'parallel.complete',
        { items_processed: 2, items_failed: 1, items_cancelled: 0, items_not_started: 0, error: false },
      ],
    ]);
  });

  test('of a source that nobody counted has null for totals, and none is not started at its end', async () => {
    const observer = createRecordingObserver();
    await drain(streamParallel(new Set(['a']), (item) => item, { concurrency: 2, observer }));
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: null, worker_count: 2, fail_fast: true, has_progress_callback: false }],
      start(0, 0, null),
      complete(0, 0, null),
      [
        'parallel.complete',
        { items_processed: 1, items_failed: 0, items_cancelled: 0, items_not_started: 0, error: false },
      ],
    ]);
  });

  test('of a stream that a failure stops', async () => {
    const observer = createRecordingObserver();
    const gates = createGates();
    const options = { concurrency: 2, failFast: true, observer };
    const reading = drain(streamParallel(['a', 'b', 'c'], gates.obedient, options));
    const ended = expect(reading).rejects.toThrow('item 1: boom');
    await settled();
    await gates.fail(1, 'boom');
    await ended;
    const failure = { error: true, error_type: 'CHORALE_TASK_FAILED', message: 'item 1: boom' };
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 3, worker_count: 2, fail_fast: true, has_progress_callback: false }],
      start(0, 0, 3),
      start(1, 1, 3),
      complete(1, 1, 3, { error: true, error_type: 'string', message: 'boom' }),
      complete(0, 0, 3, failure),
      [
        'parallel.complete',
        { items_processed: 0, items_failed: 1, items_cancelled: 1, items_not_started: 1, ...failure },
      ],
    ]);
  });

  test('of a stream that its caller stops', async () => {
    const observer = createRecordingObserver();
    const controller = new AbortController();
    const gates = createGates();
    const { source } = createTrackedSource({ next: numbers(100) });
    const reading = drain(
      streamParallel(source, gates.obedient, { concurrency: 1, observer, signal: controller.signal }),
    );
    const ended = expect(reading).rejects.toThrow('enough');
    await settled();
    controller.abort(new Error('enough'));
    await ended;
    const failure = { error: true, error_type: 'Error', message: 'enough' };
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: null, worker_count: 1, fail_fast: true, has_progress_callback: false }],
      start(0, 0, null),
      complete(0, 0, null, failure),
      [
        'parallel.complete',
        { items_processed: 0, items_failed: 0, items_cancelled: 1, items_not_started: null, ...failure },
      ],
    ]);
  });

  test('of a stream that its reader leaves, also when the source cannot be closed', async () => {
    const observer = createRecordingObserver();
    const onReturn = () => expect.fail('cannot be closed');
    const { source } = createTrackedSource({ next: numbers(100), onReturn });
    const stream = streamParallel(source, (n) => n, { concurrency: 1, backpressure: 1, observer });
    await stream.next();
    await settled();
    await expect(stream.return?.()).rejects.toThrow('cannot be closed');
    const message = 'the reader of the stream went away';
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: null, worker_count: 1, fail_fast: true, has_progress_callback: false }],
      start(0, 0, null),
      complete(0, 0, null),
      start(0, 1, null),
      complete(0, 1, null),
      [
        'parallel.complete',
        {
          items_processed: 2,
          items_failed: 0,
          items_cancelled: 0,
          items_not_started: null,
          error: true,
          error_type: 'Error',
          message,
        },
      ],
    ]);
  });

  test('of a source that throws', async () => {
    const observer = createRecordingObserver();
    const { source } = createTrackedSource({ next: () => expect.fail('broken') });
    await expect(drain(streamParallel(source, (n) => n, { concurrency: 1, observer }))).rejects.toThrow('broken');
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: null, worker_count: 1, fail_fast: true, has_progress_callback: false }],
      [
        'parallel.complete',
        {
          items_processed: 0,
          items_failed: 0,
          items_cancelled: 0,
          items_not_started: null,
          error: true,
          error_type: 'AssertionError',
          message: 'broken',
        },
      ],
    ]);
  });

  test('of a stream over nothing', async () => {
    const observer = createRecordingObserver();
    await drain(streamParallel([], (n) => n, { observer }));
    expect(sequence(observer)).toEqual([
      ['parallel.start', { item_count: 0, worker_count: 1, fail_fast: true, has_progress_callback: false }],
      [
        'parallel.complete',
        { items_processed: 0, items_failed: 0, items_cancelled: 0, items_not_started: 0, error: false },
      ],
    ]);
  });

  test('of a stream that nobody reads is empty', async () => {
    const observer = createRecordingObserver();
    const stream = streamParallel([1], (n) => n, { observer });
    await stream.return?.();
    expect(observer.events).toEqual([]);
  });
});

test('every event has exactly type, timestamp, source and data, with the time of the host', async () => {
  const observer = createRecordingObserver();
  const runtime = createManualClock({ epochMs: 5_000 });
  await drain(streamParallel([1], (n) => n, { observer, runtime }));
  expect(observer.events).toHaveLength(4);
  for (const event of observer.events) {
    expect(Object.keys(event)).toEqual(['type', 'timestamp', 'source', 'data']);
    expect(event).toMatchObject({ source: 'streamParallel', timestamp: 5_000 });
  }
});

test.each([undefined, noopObserver, 'noop'])('with observer %s no event is built', async (observer) => {
  const runtime = { ...createManualClock(), wallTime: () => expect.fail('an event was built') };
  await drain(
    streamParallel([1, 2], (n) => (n === 1 ? Promise.reject('no') : n), { failFast: false, observer, runtime }),
  );
});
