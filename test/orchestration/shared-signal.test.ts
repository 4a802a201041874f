import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sleep } from '../../src/foundation/abort.js';
import { nodeRuntime } from '../../src/foundation/runtime.js';
import {
  Conductor,
  createEngine,
  createHub,
  defineStep,
  defineWorkflow,
  processParallel,
  StateGraph,
  streamParallel,
} from '../../src/orchestration/index.js';
import { memoryStore } from '../../src/orchestration/memory-store/memory-store.js';
import { countListeners } from '../foundation/count-listeners.js';

const graph = new StateGraph({ name: 'graph' })
  .addNode('only', async (state) => {
    await nextTurn();
    return state;
  })
  .setEntryPoint('only')
  .setExitPoint('only')
  .compile();
const step = defineStep({ id: 'only', run: () => nextTurn('done') });
const workflow = defineWorkflow('workflow').thenStep(step).build();
const engine = createEngine({ store: memoryStore() });
const hub = createHub({ name: 'hub' });
hub.register('agent', async () => nextTurn('answer'));

/** Everything that waits for a signal of the caller while it works. */
const calls: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
  processParallel: (signal) => processParallel([1], () => nextTurn(), { signal }),
  streamParallel: async (signal) => {
    for await (const _ of streamParallel([1], () => nextTurn(), { signal }));
  },
  StateGraph: (signal) => graph.run({}, { signal }),
  createEngine: (signal) => engine.run(workflow, null, { signal }),
  createHub: (signal) => hub.request({ from: 'test', to: 'agent', data: 1 }, { signal }),
  Conductor: (signal) =>
    new Conductor([{ name: 'only', run: () => nextTurn(), stop() {} }], { signal, signals: [] }).run().thenStop(),
  sleep: (signal) => sleep(nodeRuntime, 1, signal),
};

const warn = vi.spyOn(process, 'emitWarning');
beforeEach(() => void warn.mockReset());
afterEach(() => expect(warn).not.toHaveBeenCalled());

test.each(Object.entries(calls))('%s may be called many times with the same signal', async (_, call) => {
  const { signal } = new AbortController();
  const counter = countListeners(signal);
  const running = Array.from({ length: 20 }, () => call(signal));
  await nextTurn();
  await Promise.all(running);
  expect(counter.count).toBe(0);
});
