import { describe, expect, test } from 'vitest';
import { createEngine, defineStep, defineWorkflow, State, StateGraph } from '../../src/orchestration/index.js';
import { memoryStore } from '../../src/store/index.js';
import { createManualClock, createRecordingObserver } from '../../src/testing/index.js';
import { expectNothingUnhandled } from './parallel/unhandled.js';

expectNothingUnhandled();

const full = new Error('disk full');
type How = 'throws' | 'rejects';

/** A store of which one call, counted over all its methods, fails: as long as it is not mended. */
function failingAt<S extends object>(store: S, position: number, how: How) {
  const state = { calls: 0, broken: true };
  const failing = new Proxy(store, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        state.calls += 1;
        if (!state.broken || state.calls - 1 !== position) return method.apply(target, args);
        if (how === 'throws') throw full;
        return Promise.reject(full);
      };
    },
  });
  return { state, failing };
}

interface Trial {
  /** Runs, or goes on with what an earlier try left; gives the result. */
  readonly run: () => Promise<unknown>;
  readonly again: () => Promise<unknown>;
  readonly store: { calls: number; broken: boolean };
  readonly clock: ReturnType<typeof createManualClock>;
  readonly observer: ReturnType<typeof createRecordingObserver>;
}

function graphTrial(position: number, how: How): Trial {
  const clock = createManualClock();
  const observer = createRecordingObserver();
  const { state: store, failing } = failingAt(memoryStore().checkpoints, position, how);
  const add = async (state: State<{ n: number }>) => state.set('n', state.get('n') + 1);
  const graph = new StateGraph<{ n: number }>({
    name: 'g',
    observer,
    host: clock,
    checkpoints: { store: { checkpoints: failing } },
  })
    .addNode('a', add)
    .addNode('b', add)
    .addEdge('a', 'b')
    .setEntryPoint('a')
    .setExitPoint('b')
    .compile();
  const start = () => State.create({ n: 0 }, { runId: 'r' });
  const value = async (run: Promise<{ state: State<{ n: number }> }>) => (await run).state.get('n');
  const again = () => value(graph.resume('r', { takeOver: true })).catch(() => value(graph.run(start())));
  return { run: () => value(graph.run(start())), again, store, clock, observer };
}

function workflowTrial(position: number, how: How): Trial {
  const clock = createManualClock();
  const observer = createRecordingObserver();
  const { state: store, failing } = failingAt(memoryStore().workflows, position, how);
  const add = <const Id extends string>(id: Id) => defineStep({ id, run: async (_, n: number) => n + 1 });
  const workflow = defineWorkflow('w')
    .thenStep(add('a'))
    .thenStepIf(() => true, add('b'))
    .build();
  const engine = createEngine({ store: failing, host: clock, observer });
  const run = async () => (await engine.run(workflow, 0, { runId: 'r' })).output;
  const resume = async () => (await engine.resume(workflow, 'r', { takeOver: true })).output;
  return { run, again: () => resume().catch(run), store, clock, observer };
}

const pairs = (types: readonly string[], suffix: string) =>
  types
    .filter((type) => type.endsWith(suffix))
    .map((type) => type.slice(0, -suffix.length))
    .sort();

describe.each([
  ['graph', graphTrial],
  ['workflow', workflowTrial],
] as const)('a %s whose store', (_, trial) => {
  test.each(['throws', 'rejects'] as const)('%s at any call ends, and goes on when the store is well', async (how) => {
    const well = trial(-1, how);
    const expected = await well.run();
    expect(well.store.calls).toBeGreaterThan(2);
    for (let position = 0; position < well.store.calls; position += 1) {
      const { run, again, store, clock, observer } = trial(position, how);
      const where = `call ${position} ${how}`;
      const ended = await run().then(
        () => 'resolved',
        (error: unknown) => String(error),
      );
      expect(ended, where).toMatch(/disk full/);
      const types: readonly string[] = observer.types();
      expect(pairs(types, '.complete'), where).toEqual(pairs(types, '.start'));
      expect(clock.pendingTimers, where).toBe(0);
      store.broken = false;
      expect(await again(), where).toBe(expected);
      expect(clock.pendingTimers, where).toBe(0);
    }
  });
});
