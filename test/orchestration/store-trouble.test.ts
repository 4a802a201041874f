import { describe, expect, test } from 'vitest';
import { createEngine, defineStep, defineWorkflow, State, StateGraph } from '../../src/orchestration/index.js';
import { memoryStore } from '../../src/orchestration/memory-store/memory-store.js';
import { createManualClock, createRecordingObserver } from '../../src/testing/index.js';
import { expectNothingUnhandled } from './parallel/unhandled.js';

expectNothingUnhandled();

const full = new Error('disk full');
/** What happens at one call: it fails, or the run is aborted while the store works. */
type How = 'throws' | 'rejects' | 'is aborted';

/** A store at one call of which, counted over all its methods, there is trouble: as long as it is not mended. */
function troubleAt<S extends object>(store: S, position: number, how: How) {
  const state = { calls: 0, broken: true, stop: new AbortController() };
  const failing = new Proxy(store, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        state.calls += 1;
        if (!state.broken || state.calls - 1 !== position) return method.apply(target, args);
        if (how === 'throws') throw full;
        if (how === 'rejects') return Promise.reject(full);
        const answer: unknown = method.apply(target, args);
        return Promise.resolve().then(() => {
          state.stop.abort(new Error('enough'));
          return answer;
        });
      };
    },
  });
  return { state, failing };
}

interface Trial {
  /** Runs, or goes on with what an earlier try left; gives the result. */
  readonly run: () => Promise<unknown>;
  readonly again: () => Promise<unknown>;
  readonly store: ReturnType<typeof troubleAt>['state'];
  readonly clock: ReturnType<typeof createManualClock>;
  readonly observer: ReturnType<typeof createRecordingObserver>;
}

function graphTrial(position: number, how: How): Trial {
  const clock = createManualClock();
  const observer = createRecordingObserver();
  const { state: store, failing } = troubleAt(memoryStore().checkpoints, position, how);
  const add = async (state: State<{ n: number }>) => state.set('n', state.get('n') + 1);
  const graph = new StateGraph<{ n: number }>({
    name: 'g',
    observer,
    runtime: clock,
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
  const run = () => value(graph.run(start(), { signal: store.stop.signal }));
  return { run, again, store, clock, observer };
}

function workflowTrial(position: number, how: How): Trial {
  const clock = createManualClock();
  const observer = createRecordingObserver();
  const { state: store, failing } = troubleAt(memoryStore().workflows, position, how);
  const add = <const Id extends string>(id: Id) => defineStep({ id, run: async (_, n: number) => n + 1 });
  const workflow = defineWorkflow('w')
    .thenStep(add('a'))
    .thenStepIf(() => true, add('b'))
    .build();
  const engine = createEngine({ store: failing, runtime: clock, observer });
  const run = async () => (await engine.run(workflow, 0, { runId: 'r', signal: store.stop.signal })).output;
  const resume = async () => (await engine.resume(workflow, 'r', { takeOver: true })).output;
  const anew = async () => (await engine.run(workflow, 0, { runId: 'r' })).output;
  return { run, again: () => resume().catch(anew), store, clock, observer };
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
  test.each(['throws', 'rejects', 'is aborted'] as const)(
    '%s at any call ends, and goes on afterwards',
    async (how) => {
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
        expect(String(ended), where).toMatch(how === 'is aborted' ? /enough|resolved/ : /disk full/);
        const types: readonly string[] = observer.types();
        expect(pairs(types, '.complete'), where).toEqual(pairs(types, '.start'));
        expect(clock.pendingTimers, where).toBe(0);
        store.broken = false;
        if (ended !== 'resolved') expect(await again(), where).toBe(expected);
        expect(clock.pendingTimers, where).toBe(0);
      }
    },
  );
});
