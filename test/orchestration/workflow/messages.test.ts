import { createEngine, defineStep, defineWorkflow } from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { testMessages, wrong } from '../messages.js';

const known = 'known: noop, pino, slog, text';
const one = () => 1;
const step = defineStep({ id: 'parse', run: (_, n: number) => n, retries: 0 });
const flow = defineWorkflow('orders').thenStep(step).build();
const started = async () => {
  const store = memoryStore();
  const engine = createEngine({ store });
  await engine.run(flow, 1, { runId: 'r1', idempotencyKey: 'monday' });
  return { store, engine };
};

testMessages([
  ['a step', () => defineStep(wrong(undefined)), 'option definition must be an object, but is undefined'],
  [
    'its id',
    () => defineStep({ id: wrong(''), run: one }),
    "option id of a step must be a text that is not empty, but is '' (string)",
  ],
  [
    'its run',
    () => defineStep({ id: 'a', run: wrong(1) }),
    "option run of step 'a' must be a function, but is 1 (number)",
  ],
  ...[0, -1, Number.NaN, '1s'].map(
    (value) =>
      [
        `its timeoutMs ${value}`,
        () => defineStep({ id: 'a', run: one, timeoutMs: wrong(value) }),
        `option timeoutMs of step 'a' must be a number of milliseconds above 0, but is ${typeof value === 'string' ? `'${value}'` : value} (${typeof value})`,
      ] as const,
  ),
  ...[-1, 1.5, Number.POSITIVE_INFINITY].map(
    (value) =>
      [
        `its retries ${value}`,
        () => defineStep({ id: 'a', run: one, retries: value }),
        `option retries of step 'a' must be a whole number of at least 0, but is ${value} (number)`,
      ] as const,
  ),
  [
    'its retryDelayMs',
    () => defineStep({ id: 'a', run: one, retryDelayMs: Number.POSITIVE_INFINITY }),
    "option retryDelayMs of step 'a' must be a number of milliseconds of at least 0, but is Infinity (number)",
  ],
  [
    'its backoff',
    () => defineStep({ id: 'a', run: one, backoff: wrong('cubic') }),
    "option backoff of step 'a' must be one of none, fixed, linear, exponential, but is 'cubic' (string)",
  ],
  [
    'options of a workflow',
    () => defineWorkflow('w', 'w', wrong(null)),
    "option options of workflow 'w' must be an object, but is null",
  ],
  [
    'a second step of an id',
    () => defineWorkflow('orders').thenStep(step).thenStep(step),
    "workflow 'orders': two steps have the id 'parse'; the ids are: parse",
  ],
  ['no step', () => wrong(defineWorkflow('orders')).build(), "workflow 'orders': it has no steps"],
  [
    'what is no step',
    () => defineWorkflow('orders').thenStep(wrong({ id: 'a' })),
    "option step of workflow 'orders' must be made by defineStep, but is an object",
  ],
  [
    'a condition',
    () =>
      defineWorkflow('orders')
        .thenStep(step)
        .thenStepIf(wrong(true), defineStep({ id: 'b', run: one })),
    "option condition before step 'b' of workflow 'orders' must be a function, but is true (boolean)",
  ],
  ['an engine', () => createEngine(wrong(undefined)), 'option options must be an object, but is undefined'],
  [
    'its store',
    () => createEngine({ store: wrong({}) }),
    'option store must be a store, as memoryStore() or libsqlStore(), but is an object',
  ],
  [
    'its leaseMs',
    () => createEngine({ store: memoryStore(), leaseMs: 0.5 }),
    'option leaseMs must be a whole number of at least 3, but is 0.5 (number)',
  ],
  [
    'its logger',
    () => createEngine({ store: memoryStore(), logger: wrong({ info() {}, debug() {} }) }),
    'option logger.warn must be a function, but is undefined',
  ],
  ['its observer', () => createEngine({ store: memoryStore(), observer: 'pin' }), `unknown observer: pin (${known})`],
  [
    'what is no workflow',
    async () => (await started()).engine.run(wrong({}), 1),
    'option workflow must be made by defineWorkflow(…).build(), but is an object',
  ],
  [
    'an input that is no JSON',
    async () => (await started()).engine.run(flow, wrong({ at: new Date() })),
    "option input of workflow 'orders' must be JSON (at: an instance of Date is not JSON), but is an object",
  ],
  [
    'an unknown run id',
    async () => (await started()).engine.resume(flow, 'r2'),
    'unknown workflow run: r2 (newest: r1)',
  ],
  [
    'an unknown run id to cancel',
    async () => (await started()).engine.cancel('r2'),
    'unknown workflow run: r2 (newest: r1)',
  ],
  [
    'a run id that is no text',
    async () => (await started()).engine.resume(flow, wrong(undefined)),
    'option runId must be a text that is not empty, but is undefined',
  ],
  [
    'a run of another workflow',
    async () => (await started()).engine.resume(defineWorkflow('bills').thenStep(step).build(), 'r1'),
    "workflow 'bills' run r1: it is a run of workflow 'orders'",
  ],
  [
    'a run of another shape',
    async () =>
      (await started()).engine.resume(
        defineWorkflow('orders')
          .thenStep(defineStep({ id: 'b', run: one }))
          .build(),
        'r1',
      ),
    `workflow 'orders' run r1: it was started with the steps "parse", but the workflow now has "b"`,
  ],
  [
    'a key with another input',
    async () => (await started()).engine.run(flow, 2, { idempotencyKey: 'monday' }),
    "workflow 'orders' run r1: it was started with another input under the same key or id",
  ],
  [
    'a status that is none',
    async () => (await started()).engine.list({ status: wrong('done') }),
    "option status must be one of pending, running, paused, completed, failed, cancelled, dead, but is 'done' (string)",
  ],
  [
    'a limit of a list',
    async () => (await started()).engine.list({ limit: 0 }),
    'option limit must be a whole number of at least 1, but is 0 (number)',
  ],
  [
    'an unknown step in outputs.get',
    () => {
      const ask = defineStep({ id: 'ask', retries: 0, run: ({ outputs }, _n: number) => String(outputs.get('prase')) });
      const asking = defineWorkflow('orders').thenStep(step).thenStep(ask).build();
      return createEngine({ store: memoryStore() }).run(asking, 1, { runId: 'r1' });
    },
    "workflow 'orders' run r1: step 'ask' failed after 1 attempt: step 'prase' is not in this workflow, did you mean 'parse'? (steps: parse, ask; outputs: parse)",
  ],
]);
