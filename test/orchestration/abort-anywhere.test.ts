import { describe, expect, test } from 'vitest';
import {
  type ChainCancelledError,
  Conductor,
  createEngine,
  createHub,
  defineStep,
  defineWorkflow,
  type Event,
  type ParallelCancelledError,
  type ParallelResult,
  parallelNode,
  processChain,
  processConditional,
  processParallel,
  type Runtime,
  StateGraph,
  streamParallel,
} from '../../src/orchestration/index.js';
import { memoryStore } from '../../src/orchestration/memory-store/memory-store.js';
import { createManualClock } from '../../src/testing/index.js';
import { countListeners } from '../foundation/count-listeners.js';
import { expectNothingUnhandled } from './parallel/unhandled.js';

expectNothingUnhandled();

interface Options {
  readonly signal: AbortSignal;
  readonly observer: { onEvent(event: Event): void };
  readonly runtime: Runtime;
}
type Call = (options: Options) => Promise<unknown>;

const items = [1, 2, 3, 4];
const later = async (n: number) => {
  await Promise.resolve();
  return n;
};

const graphCall =
  (preserve: boolean): Call =>
  ({ signal, observer, runtime }) => {
    const checkpoints = { store: memoryStore(), preserve };
    const graph = new StateGraph<{ numbers: number[]; sum?: number }>({ name: 'g', observer, runtime, checkpoints })
      .addNode(
        'sum',
        parallelNode<{ numbers: number[]; sum?: number }, number, number>({
          items: (state) => state.get('numbers'),
          processor: later,
          aggregate: ({ results }, state) => state.set('sum', results.length),
          maxWorkers: 2,
        }),
      )
      .addNode('show', async (state) => state)
      .addEdge('sum', 'show', (state) => state.has('sum'))
      .setEntryPoint('sum')
      .setExitPoint('show')
      .compile();
    return graph.run({ numbers: items }, { signal });
  };

const calls: Readonly<Record<string, Call>> = {
  processParallel: (options) => processParallel(items, later, { ...options, maxWorkers: 2 }),
  streamParallel: async (options) => {
    for await (const _ of streamParallel(new Set(items), later, { ...options, concurrency: 2 }));
  },
  processChain: (options) => processChain(items, 0, (n, sum) => later(n + sum), options),
  processConditional: (options) =>
    processConditional(1, async () => 'a' as const, { handlers: { a: later }, ...options }),
  'a graph': graphCall(false),
  'a graph that keeps its checkpoints': graphCall(true),
  'a workflow': ({ signal, observer, runtime }) => {
    const a = defineStep({ id: 'a', run: (_, n: number) => later(n) });
    const b = defineStep({ id: 'b', run: (_, n: number) => later(n) });
    const c = defineStep({ id: 'c', run: (_, n: { a: number; b: number }) => later(n.a + n.b) });
    const d = defineStep({ id: 'd', run: (_, n: number) => n });
    const workflow = defineWorkflow('w')
      .parallel(a, b)
      .thenStep(c)
      .thenStepIf(() => true, d)
      .build();
    return createEngine({ store: memoryStore(), observer, runtime }).run(workflow, 1, { signal });
  },
  'a conductor': ({ signal, observer, runtime }) =>
    new Conductor(
      ['a', 'b'].map((name) => ({ name, run: () => later(1), stop: () => later(2) })),
      { signal, observer, runtime },
    )
      .run()
      .thenStop(),
  'a request': async ({ signal, observer, runtime }) => {
    const hub = createHub({ name: 'h', observer, runtime });
    hub.register('a', ({ data }) => later(Number(data)));
    try {
      await hub.request({ from: 'me', to: 'a', data: 1 }, { signal });
    } finally {
      await hub.close();
    }
  },
};

/** Runs a call whose signal is aborted by the observer at one event, and tells how it ended. */
async function abortAt(call: Call, position: number) {
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const runtime = createManualClock();
  const types: string[] = [];
  const onEvent = (event: Event) => {
    if (types.push(event.type) - 1 === position) controller.abort(new Error('enough'));
  };
  const ended = call({ signal: controller.signal, observer: { onEvent }, runtime }).then(
    () => ({ status: 'resolved' }) as const,
    (error: unknown) => ({ status: 'rejected', error }) as const,
  );
  const end = await ended;
  return {
    types,
    end,
    left: { listeners: listeners.count, timers: runtime.pendingTimers, signals: runtime.signalListeners },
  };
}

const pairs = (types: readonly string[], suffix: string) =>
  types
    .filter((type) => type.endsWith(suffix))
    .map((type) => type.slice(0, -suffix.length))
    .sort();

describe.each(Object.entries(calls))('%s that is aborted at any event', (_, call) => {
  test('ends, tells the end of all that it began, and leaves nothing behind', async () => {
    const { types: all } = await abortAt(call, -1);
    expect(all.length).toBeGreaterThan(1);
    for (let position = 0; position < all.length; position += 1) {
      const { types, end, left } = await abortAt(call, position);
      const where = `aborted at ${position}, ${all[position]}: ${types.join()}`;
      expect(pairs(types, '.complete'), where).toEqual(pairs(types, '.start'));
      expect(left, where).toEqual({ listeners: 0, timers: 0, signals: 0 });
      if (end.status === 'rejected') expect(String(end.error), where).toMatch(/enough/);
    }
  });
});

test('a progress callback may abort: what was done by then is kept, and the last item is not cancelled', async () => {
  for (let last = 1; last <= items.length; last += 1) {
    const run = new AbortController();
    const onProgress = (completed: number) => {
      if (completed === last) run.abort(new Error('enough'));
    };
    const parallel = await processParallel(items, (n) => n, { signal: run.signal, onProgress, maxWorkers: 1 }).catch(
      (error: ParallelCancelledError<ParallelResult<number, number>>) => error.result,
    );
    expect(parallel.results).toEqual(items.slice(0, last));
    const chain = new AbortController();
    const sum = await processChain(items, 0, (n, before) => n + before, {
      signal: chain.signal,
      onProgress: (completed) => {
        if (completed === last) chain.abort(new Error('enough'));
      },
    }).catch((error: ChainCancelledError<number, number>) => error);
    expect(sum.steps).toBe(last);
    expect('final' in sum).toBe(last === items.length);
  }
});
