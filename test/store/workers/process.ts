/**
 * A worker in a process of its own: `<task> <database> <log> <name> <leaseMs>`. It tells of the pause in its second node or
 * step, and of its end; `go` ends the pause, `stop` aborts its signal.
 */
import { codeOf } from '../../../src/foundation/errors/chorale-error.js';
import { State } from '../../../src/orchestration/index.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { engineOf, signedGraph, signedWorkflow, type Worker } from './work.js';

const [task = '', path = '', log = '', name = '', leaseMs = ''] = process.argv.slice(2);
const observer = createRecordingObserver();
const stop = new AbortController();
const { signal } = stop;
const go = new Promise<void>((resolve) => {
  process.on('message', (message) => {
    if (message === 'go') resolve();
    else stop.abort(new Error('stopped from outside'));
  });
});

const worker: Worker = {
  name,
  log,
  leaseMs: Number(leaseMs),
  observer,
  store: libsqlStore({ path }),
  pause(aborted) {
    process.send?.({ tells: 'pause' });
    return new Promise((resolve, reject) => {
      void go.then(resolve);
      aborted.addEventListener('abort', () => reject(aborted.reason));
    });
  },
};

/** So many runs under the keys 0, 1, … each of which others want at the same time. */
async function startKeys(count: number) {
  process.send?.({ tells: 'pause' });
  await go;
  const workflow = signedWorkflow({ ...worker, pause: async () => {} });
  const engine = engineOf(worker);
  const starts: { readonly runId: string; readonly created: boolean; readonly end: unknown }[] = [];
  for (let key = 0; key < count; key += 1) {
    const { runId, created, result } = await engine.start(workflow, [], { idempotencyKey: String(key) });
    starts.push({ runId, created, end: await result.then(({ output }) => output, codeOf) });
  }
  return starts;
}

const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  graph: async () => (await signedGraph(worker).run(State.create({ by: [] }, { runId: 'r' }), { signal })).state.data,
  'graph again': async () => (await signedGraph(worker).resume('r')).state.data,
  workflow: async () => (await engineOf(worker).run(signedWorkflow(worker), [], { runId: 'r', signal })).output,
  'workflow again': async () => (await engineOf(worker).resume(signedWorkflow(worker), 'r', { takeOver: true })).output,
  async cancel() {
    await engineOf(worker).cancel('r');
    process.kill(process.pid, 'SIGKILL');
  },
  keys: () => startKeys(25),
};

const perform = tasks[task];
const outcome = perform
  ? perform().then((value) => ({ value }), toFailure)
  : Promise.reject(new Error(`no task '${task}'`));
process.send?.({ tells: 'end', ...(await outcome), events: observer.events }, () => process.disconnect());

function toFailure(error: unknown) {
  const forGood = error instanceof Error && 'forGood' in error ? error.forGood : undefined;
  return { code: codeOf(error), forGood, message: String(error) };
}
