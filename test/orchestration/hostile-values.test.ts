import { describe, expect, test } from 'vitest';
import {
  ChainError,
  ConditionalError,
  Conductor,
  createEngine,
  createHub,
  defineStep,
  defineWorkflow,
  ExecutionError,
  HubHandlerError,
  ParallelError,
  processChain,
  processConditional,
  processParallel,
  StateGraph,
  streamParallel,
  TaskError,
  WorkflowError,
} from '../../src/orchestration/index.js';
import { memoryStore } from '../../src/orchestration/memory-store/memory-store.js';
import { createRecordingObserver, type RecordingObserver } from '../../src/testing/index.js';
import { hostileValues } from '../foundation/errors/hostile-values.js';
import { expectNothingUnhandled } from './parallel/unhandled.js';

expectNothingUnhandled();

type Thrower = () => Promise<never>;
type Call = (fail: Thrower, observer: RecordingObserver) => Promise<unknown>;

/** Each construct with something inside that fails, and how it ends. */
const calls: readonly (readonly [string, new (...args: never[]) => Error, Call])[] = [
  ['processParallel', ParallelError, (fail, observer) => processParallel([1], fail, { observer })],
  [
    'streamParallel',
    TaskError,
    async (fail, observer) => {
      for await (const _ of streamParallel([1], fail, { observer, failFast: true }));
    },
  ],
  ['processChain', ChainError, (fail, observer) => processChain([1], 0, fail, { observer })],
  [
    'processConditional, its handler',
    ConditionalError,
    (fail, observer) => processConditional(1, () => 'a', { handlers: { a: fail }, observer }),
  ],
  [
    'processConditional, its predicate',
    ConditionalError,
    (fail, observer) => processConditional(1, fail, { handlers: {}, observer }),
  ],
  ['a node', ExecutionError, (fail, observer) => graphOf(fail, observer).run({})],
  ['an agent', HubHandlerError, (fail, observer) => hubOf(fail, observer).request({ from: 'me', to: 'a', data: 1 })],
  ['a step', WorkflowError, (fail, observer) => runSteps(observer, fail)],
  ['a step of a group', WorkflowError, (fail, observer) => runSteps(observer, fail, async () => 1)],
];

function graphOf(fail: Thrower, observer: RecordingObserver) {
  const graph = new StateGraph({ name: 'g', observer, checkpoints: { store: memoryStore() } });
  return graph.addNode('a', fail).setEntryPoint('a').setExitPoint('a').compile();
}

function hubOf(fail: Thrower, observer: RecordingObserver) {
  const hub = createHub({ name: 'h', observer });
  hub.register('a', fail);
  return hub;
}

function runSteps(observer: RecordingObserver, fail: Thrower, sibling?: () => Promise<number>) {
  const failing = defineStep({ id: 'a', run: fail, retries: 0 });
  const start = defineWorkflow('w');
  const other = sibling && defineStep({ id: 'b', run: sibling });
  const workflow = other ? start.parallel(failing, other).build() : start.thenStep(failing).build();
  return createEngine({ store: memoryStore(), observer }).run(workflow, null);
}

describe.each([...hostileValues, ['undefined', undefined] as const])('%s that is thrown', (_, thrown) => {
  const fail = () => Promise.reject(thrown);

  test.each(calls)('ends %s as any failure does', async (_construct, kind, call) => {
    const observer = createRecordingObserver();
    const error = await call(fail, observer).then(
      () => 'resolved',
      (rejected: unknown) => rejected,
    );
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toBeTypeOf('string');
    const types = observer.types().map(String);
    const began = types.filter((type) => type.endsWith('.start')).map((type) => type.replace('.start', '.complete'));
    expect(types.filter((type) => type.endsWith('.complete')).sort()).toEqual(began.sort());
  });

  test.each(['before it is stopped', 'when it is stopped'])('by a process %s is told, not thrown', async (when) => {
    const stop = new AbortController();
    const run = ({ signal }: { signal: AbortSignal }) =>
      when === 'when it is stopped' && !signal.aborted
        ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(thrown)))
        : fail();
    const conductor = new Conductor([{ name: 'p', run, stop: fail }], { signals: [], signal: stop.signal }).run();
    if (when === 'when it is stopped') stop.abort();
    await conductor.thenStop();
    const failed = [];
    for await (const { process } of conductor.errors()) failed.push(process);
    expect(failed).toEqual(['p', 'p']);
  });
});
