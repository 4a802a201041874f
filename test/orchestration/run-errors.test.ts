import { describe, expect, test } from 'vitest';
import {
  createEngine,
  defineStep,
  defineWorkflow,
  GraphCancelledError,
  RunBusyError,
  RunMismatchError,
  State,
  StateGraph,
} from '../../src/orchestration/index.js';
import { memoryStore, type Store } from '../../src/orchestration/memory-store/memory-store.js';
import { createManualClock } from '../../src/testing/index.js';
import { rejection } from './graph/counter.js';
import { expectNothingUnhandled } from './parallel/unhandled.js';

expectNothingUnhandled();

/** A run of each kind that works until it is let go, and what another worker may do with it. */
function working(kind: 'graph' | 'workflow', store: Store = memoryStore()) {
  let letGo = () => {};
  const over = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let reached = () => {};
  const inside = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const wait = () => {
    reached();
    return over;
  };
  const graphOf = (...nodes: readonly string[]) => {
    const graph = new StateGraph<{ done?: boolean }>({ name: 'g', checkpoints: { store } });
    for (const [index, name] of nodes.entries()) {
      graph.addNode(name, () => wait().then(() => ({ done: true })));
      if (index > 0) graph.addEdge(nodes[index - 1] ?? '', name);
    }
    return graph
      .setEntryPoint(nodes[0] ?? '')
      .setExitPoint(nodes.at(-1) ?? '')
      .compile();
  };
  const workflowOf = (...steps: readonly string[]) => {
    const builder = defineWorkflow('w').thenStep(defineStep({ id: steps[0] ?? '', run: wait }));
    return (steps[1] ? builder.thenStep(defineStep({ id: steps[1], run: wait })) : builder).build();
  };
  const begin =
    kind === 'graph'
      ? () => graphOf('a').run(State.create({}, { runId: 'r' }))
      : () => createEngine({ store }).run(workflowOf('a'), null, { runId: 'r' });
  const resume = (...parts: readonly string[]) =>
    kind === 'graph' ? graphOf(...parts).resume('r') : createEngine({ store }).resume(workflowOf(...parts), 'r');
  return { begin, resume, inside, letGo };
}

describe.for(['graph', 'workflow'] as const)('a run of a %s', (kind) => {
  test('that another worker has is rejected with the one error for that', async () => {
    const { begin, resume, inside, letGo } = working(kind);
    const run = begin();
    await inside;
    const error = await rejection(resume('a'));
    expect(error).toBeInstanceOf(RunBusyError);
    expect(error).toMatchObject({ code: 'CHORALE_RUN_BUSY', runId: 'r' });
    expect(error.message).toMatch(/run r: another worker has it until at least .*Z; wait, or pass takeOver: true$/);
    letGo();
    await run;
  });

  test('of another shape is rejected with the one error for that', async () => {
    const { begin, resume, inside, letGo } = working(kind);
    const run = begin();
    await inside;
    const error = await rejection(resume('a', 'b'));
    expect(error).toBeInstanceOf(RunMismatchError);
    expect(error).toMatchObject({ code: 'CHORALE_RUN_MISMATCH', runId: 'r' });
    letGo();
    await run;
  });
});

test('a graph in a step of a workflow is cancelled when the workflow has lost its run, and can be resumed', async () => {
  const store = memoryStore();
  const clock = createManualClock();
  let broken = true;
  const graph = new StateGraph<{ done?: boolean }>({ name: 'inner', runtime: clock, checkpoints: { store } })
    .addNode('a', (_, { signal }) =>
      broken
        ? new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : { done: true },
    )
    .setEntryPoint('a')
    .setExitPoint('a')
    .compile();
  const ends: unknown[] = [];
  const step = defineStep({
    id: 'ask',
    run: async ({ signal }) => {
      await graph
        .run(State.create({}, { runId: 'of the graph' }), { signal })
        .catch((error: unknown) => ends.push(error));
    },
  });
  const workflow = defineWorkflow('outer').thenStep(step).build();
  const { result } = await createEngine({ store, runtime: clock }).start(workflow, null, { runId: 'r' });
  await clock.advance(1);
  await store.workflows.claim('r', { at: 0, leaseUntil: 1_000_000, takeOver: true });
  const failure = rejection(result);
  await clock.advance(10_000);
  expect(await failure).toBeInstanceOf(RunBusyError);
  await clock.advance(1);
  expect(ends).toMatchObject([{ code: 'CHORALE_GRAPH_CANCELLED', cause: { code: 'CHORALE_RUN_BUSY', runId: 'r' } }]);
  expect(ends[0]).toBeInstanceOf(GraphCancelledError);
  expect(await store.checkpoints.find('of the graph')).toMatchObject({ status: 'cancelled', leasedUntil: 0 });
  broken = false;
  expect((await graph.resume('of the graph')).state.data).toEqual({ done: true });
});
