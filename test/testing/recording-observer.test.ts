import { expect, test } from 'vitest';
import { processParallel } from '../../src/orchestration/index.js';
import { createRecordingObserver } from '../../src/testing/index.js';

test('a recording observer keeps every event, and answers by type', async () => {
  const observer = createRecordingObserver();
  await processParallel([1], async (n) => n, { observer });
  expect(observer.types()).toEqual(['parallel.start', 'worker.start', 'worker.complete', 'parallel.complete']);
  expect(observer.ofType('worker.start').map(({ data }) => data.item_index)).toEqual([0]);
  expect(observer.ofType('run.start')).toEqual([]);
  expect(observer.events).toHaveLength(4);
});
