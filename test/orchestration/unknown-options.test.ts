import { describe, expect, it } from 'vitest';
import {
  Conductor,
  chainNode,
  conditionalNode,
  createEngine,
  createHub,
  defineMapStep,
  defineStep,
  defineWorkflow,
  InvalidOptionError,
  memoryStore,
  message,
  notification,
  parallelNode,
  processChain,
  processConditional,
  processParallel,
  request,
  response,
  runBounded,
  State,
  StateGraph,
  streamParallel,
} from '../../src/orchestration/index.js';

/** What JavaScript, or a variable of a wider type, may pass. */
// biome-ignore lint/suspicious/noExplicitAny: the compiler would reject the options under test
const wrong = (options: object): any => options;

const store = memoryStore();
const graph = new StateGraph({ name: 'g', checkpoints: { store } })
  .addNode('a', (state) => state)
  .setEntryPoint('a')
  .setExitPoint('a')
  .compile();
const workflow = defineWorkflow('w')
  .thenStep(defineStep({ id: 's', run: () => 1 }))
  .build();
const engine = createEngine({ store });
const hub = createHub({ name: 'h' });
hub.register('b', () => 'reply');
const draft = { from: 'a', to: 'b', data: 1 };
const same = (value: unknown) => value;
const items = () => [];

const calls: Readonly<Record<string, readonly [misspelt: string, meant: string, call: () => unknown]>> = {
  processParallel: ['maxWorker', 'maxWorkers', () => processParallel([1], same, wrong({ maxWorker: 1 }))],
  streamParallel: ['concurency', 'concurrency', () => streamParallel([1], same, wrong({ concurency: 1 }))],
  runBounded: ['singal', 'signal', () => runBounded([1], same, wrong({ singal: undefined }))],
  processChain: ['onprogress', 'onProgress', () => processChain([1], 0, same, wrong({ onprogress: same }))],
  processConditional: ['defaults', 'default', () => processConditional(1, () => 'a', wrong({ defaults: same }))],
  StateGraph: ['maxIteration', 'maxIterations', () => new StateGraph(wrong({ name: 'g', maxIteration: 1 }))],
  'checkpoints of StateGraph': [
    'intervall',
    'interval',
    () => new StateGraph({ name: 'g', checkpoints: wrong({ store, intervall: 1 }) }),
  ],
  run: ['secret', 'secrets', () => graph.run({}, wrong({ secret: {} }))],
  resume: ['takeover', 'takeOver', () => graph.resume('r', wrong({ takeover: true }))],
  fork: ['form', 'from', () => graph.fork('r', wrong({ form: 1 }))],
  toMermaid: ['paht', 'path', () => graph.toMermaid(wrong({ paht: [] }))],
  'State.create': ['freez', 'freeze', () => State.create({}, wrong({ freez: true }))],
  chainNode: ['procesor', 'processor', () => chainNode(wrong({ items, procesor: same }))],
  parallelNode: [
    'failfast',
    'failFast',
    () => parallelNode(wrong({ items, processor: same, aggregate: same, failfast: false })),
  ],
  conditionalNode: ['handler', 'handlers', () => conditionalNode(() => 'a', wrong({ handler: {} }))],
  createHub: ['buffersize', 'bufferSize', () => createHub(wrong({ name: 'h', buffersize: 1 }))],
  send: ['singal', 'signal', () => hub.send(draft, wrong({ singal: undefined }))],
  request: ['timeout', 'timeoutMs', () => hub.request(draft, wrong({ timeout: 1 }))],
  broadcast: ['sinal', 'signal', () => hub.broadcast(draft, wrong({ sinal: undefined }))],
  publish: ['sinal', 'signal', () => hub.publish({ ...draft, topic: 't' }, wrong({ sinal: undefined }))],
  close: ['timeout', 'timeoutMs', () => createHub({ name: 'h' }).close(wrong({ timeout: 1 }))],
  message: ['runtim', 'runtime', () => message(draft, wrong({ runtim: undefined }))],
  notification: ['runtim', 'runtime', () => notification(draft, wrong({ runtim: undefined }))],
  'request (builder)': ['runtim', 'runtime', () => request(draft, wrong({ runtim: undefined }))],
  response: ['header', 'headers', () => response(request(draft), 1, wrong({ header: {} }))],
  Conductor: ['stopTimeout', 'stopTimeoutMs', () => new Conductor([], wrong({ stopTimeout: 1 }))],
  defineStep: ['retrys', 'retries', () => defineStep(wrong({ id: 's', run: same, retrys: 1 }))],
  defineMapStep: [
    'concurency',
    'concurrency',
    () => defineMapStep(wrong({ id: 's', items: () => [1], run: same, concurency: 1 })),
  ],
  "workflow 'w'": ['timeout', 'timeoutMs', () => defineWorkflow('w', 'W', wrong({ timeout: 1 }))],
  createEngine: ['lease', 'leaseMs', () => createEngine(wrong({ store, lease: 1 }))],
  start: ['idempotencykey', 'idempotencyKey', () => engine.start(workflow, undefined, wrong({ idempotencykey: 'k' }))],
  'run (engine)': ['run_id', 'runId', () => engine.run(workflow, undefined, wrong({ run_id: 'r' }))],
  'resume (engine)': ['takeover', 'takeOver', () => engine.resume(workflow, 'r', wrong({ takeover: true }))],
  cancel: ['raeson', 'reason', () => engine.cancel('r', wrong({ raeson: 'x' }))],
  list: ['state', 'status', () => engine.list(wrong({ state: 'failed' }))],
  'toMermaid (workflow)': ['runs', 'run', () => workflow.toMermaid(wrong({ runs: undefined }))],
};

/** What a call throws or rejects with. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}

describe('a misspelt option', () => {
  it.each(Object.entries(calls))(
    'is refused by %s, with the name that was meant',
    async (_, [misspelt, meant, call]) => {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error).toMatchObject({ code: 'CHORALE_INVALID_OPTION', option: misspelt });
      expect(String(error)).toContain(` has no option '${misspelt}', did you mean '${meant}'? (known: `);
    },
  );

  it('is refused also where it is undefined, and without a guess where none is near', async () => {
    const error = await failureOf(() => processParallel([], same, wrong({ zzzzzzzzzz: undefined })));
    expect(String(error)).toBe(
      "InvalidOptionError: processParallel has no option 'zzzzzzzzzz' (known: concurrency, maxWorkers, workerCap, failFast, signal, observer, onProgress, runtime, timeoutMs, retries, … (14))",
    );
  });

  it('starts no work', async () => {
    let started = 0;
    const count = (): number => {
      started += 1;
      return started;
    };
    await failureOf(() => processParallel([1, 2], count, wrong({ max: 1 })));
    await failureOf(() => processChain([1, 2], 0 as number, count, wrong({ max: 1 })));
    await failureOf(() => runBounded([1, 2], count, wrong({ max: 1 })));
    expect(started).toBe(0);
  });
});
