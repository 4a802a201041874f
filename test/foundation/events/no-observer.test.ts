import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { noopObserver } from '../../../src/foundation/events/event.js';
import * as observers from '../../../src/foundation/events/observers.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { smallRuns } from './small-runs.js';

/** What the constructs were given to emit with: all events are built by these. */
const emitters: unknown[] = [];
const { createEmit } = observers;
const spy = vi.spyOn(observers, 'createEmit').mockImplementation((...options) => {
  const emit = createEmit(...options);
  emitters.push(emit);
  return emit;
});
afterAll(() => spy.mockRestore());

beforeEach(() => {
  emitters.length = 0;
});

test.each(smallRuns)('where nobody listens, no event is built ($construct, $ending)', async ({ run }) => {
  const ends: unknown[] = [];
  for (const observer of [undefined, noopObserver, 'noop']) ends.push(await run(observer));
  expect(new Set(emitters)).toEqual(new Set([undefined]));
  emitters.length = 0;
  ends.push(await run(createRecordingObserver()));
  expect(emitters).toContainEqual(expect.any(Function));
  for (const end of ends) expect(end).toEqual(ends[0]);
});
