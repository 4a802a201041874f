import { expect, test, vi } from 'vitest';
import { createEngine, defineStep, defineWorkflow, type WorkflowEngine } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import type { WorkflowStore } from '../../../src/store/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';

const runId = 'r';

function setUp(store: WorkflowStore = memoryWorkflows()) {
  const runtime = createManualClock({ epochMs: 1_000 });
  const observer = createRecordingObserver();
  const engine: WorkflowEngine = createEngine({ store, runtime, observer });
  const told = () => observer.events.map(({ type, source, data }) => [type, source, data]);
  return { runtime, engine, told };
}

const first = defineStep({ id: 'first', run: (_, n: number) => n + 1 });
const begun = { slow: () => {} };
const slow = defineStep({
  id: 'slow',
  run: ({ signal }, _n: number) =>
    new Promise<number>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('stopped')));
      begun.slow();
    }),
});

test('events of a run that succeeds, with an attempt that fails and a step that is skipped', async () => {
  const { engine, told, runtime } = setUp();
  const flaky = defineStep({
    id: 'flaky',
    run: async ({ attempt }, n: number) => {
      if (attempt === 1) throw new TypeError('not yet');
      return n * 2;
    },
  });
  const other = defineStep({ id: 'other', run: (_, n: number) => n });
  const left = defineStep({ id: 'left', run: (_, n: number) => n });
  const right = defineStep({ id: 'right', run: async (_, n: number) => n });
  const workflow = defineWorkflow('w')
    .thenStep(first)
    .thenStep(flaky)
    .thenStepIf(() => false, other)
    .parallel(left, right)
    .build();
  const running = engine.run(workflow, 1, { runId });
  await runtime.advance(1_000);
  await expect(running).resolves.toEqual({ runId, output: { left: 4, right: 4 }, failures: [] });
  const about = (step: string, attempt: number) => ({ run_id: runId, step, attempt });
  const done = (duration_ms = 0) => ({ status: 'completed', duration_ms, error: false });
  expect(told()).toEqual([
    ['workflow.start', 'w', { run_id: runId }],
    ['workflow.step.start', 'w', about('first', 1)],
    ['workflow.step.complete', 'w', { ...about('first', 1), ...done() }],
    ['workflow.step.start', 'w', about('flaky', 1)],
    [
      'workflow.step.retry',
      'w',
      {
        ...about('flaky', 1),
        status: 'retrying',
        duration_ms: 0,
        error: true,
        error_type: 'TypeError',
        message: 'not yet',
      },
    ],
    ['workflow.step.complete', 'w', { ...about('flaky', 2), ...done(1_000) }],
    ['workflow.step.start', 'w', about('other', 0)],
    ['workflow.step.complete', 'w', { ...about('other', 0), status: 'skipped', duration_ms: 0, error: false }],
    ['workflow.step.start', 'w', about('left', 1)],
    ['workflow.step.start', 'w', about('right', 1)],
    ['workflow.step.complete', 'w', { ...about('left', 1), ...done() }],
    ['workflow.step.complete', 'w', { ...about('right', 1), ...done() }],
    ['workflow.complete', 'w', { run_id: runId, ...done(1_000) }],
  ]);
});

test('events of a run that fails: the siblings are cancelled', async () => {
  const { engine, told } = setUp();
  const bad = defineStep({
    id: 'bad',
    retries: 0,
    run: async () => {
      throw new RangeError('boom');
    },
  });
  const workflow = defineWorkflow('w').parallel(slow, bad).build();
  await expect(engine.run(workflow, 1, { runId })).rejects.toThrow(
    "workflow 'w' run r: step 'bad' failed after 1 attempt: boom",
  );
  const failed = { status: 'failed', duration_ms: 0, error: true };
  expect(told()).toEqual([
    ['workflow.start', 'w', { run_id: runId }],
    ['workflow.step.start', 'w', { run_id: runId, step: 'slow', attempt: 1 }],
    ['workflow.step.start', 'w', { run_id: runId, step: 'bad', attempt: 1 }],
    [
      'workflow.step.complete',
      'w',
      { run_id: runId, step: 'bad', attempt: 1, ...failed, error_type: 'RangeError', message: 'boom' },
    ],
    [
      'workflow.step.complete',
      'w',
      {
        run_id: runId,
        step: 'slow',
        attempt: 1,
        ...failed,
        status: 'cancelled',
        error_type: 'Error',
        message: 'stopped',
      },
    ],
    [
      'workflow.complete',
      'w',
      {
        run_id: runId,
        ...failed,
        error_type: 'CHORALE_WORKFLOW',
        message: "workflow 'w' run r: step 'bad' failed after 1 attempt: boom",
      },
    ],
  ]);
});

test('events of a run that is stopped', async () => {
  const { engine, told } = setUp();
  const stop = new AbortController();
  const beginning = new Promise<void>((resolve) => {
    begun.slow = resolve;
  });
  const running = engine.run(defineWorkflow('w').thenStep(first).thenStep(slow).build(), 1, {
    runId,
    signal: stop.signal,
  });
  running.catch(() => {});
  await beginning;
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow("workflow 'w' run r: cancelled: enough");
  const cancelled = { status: 'cancelled', duration_ms: 0, error: true };
  expect(told()).toEqual([
    ['workflow.start', 'w', { run_id: runId }],
    ['workflow.step.start', 'w', { run_id: runId, step: 'first', attempt: 1 }],
    [
      'workflow.step.complete',
      'w',
      { run_id: runId, step: 'first', attempt: 1, status: 'completed', duration_ms: 0, error: false },
    ],
    ['workflow.step.start', 'w', { run_id: runId, step: 'slow', attempt: 1 }],
    [
      'workflow.step.complete',
      'w',
      { run_id: runId, step: 'slow', attempt: 1, ...cancelled, error_type: 'Error', message: 'stopped' },
    ],
    [
      'workflow.complete',
      'w',
      {
        run_id: runId,
        ...cancelled,
        error_type: 'CHORALE_WORKFLOW_CANCELLED',
        message: "workflow 'w' run r: cancelled: enough",
      },
    ],
  ]);
});

test('a run that was stopped before it began has events, and no step', async () => {
  const { engine, told } = setUp();
  const workflow = defineWorkflow('w').thenStep(first).build();
  const running = engine.run(workflow, 1, { runId, signal: AbortSignal.abort('early') });
  await expect(running).rejects.toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', cause: 'early', forGood: false });
  expect(told()).toEqual([
    ['workflow.start', 'w', { run_id: runId }],
    ended('cancelled', 'CHORALE_WORKFLOW_CANCELLED', "workflow 'w' run r: cancelled: early"),
  ]);
  expect(await engine.get(runId)).toMatchObject({ status: 'cancelled', steps: [] });
});

const about = (step: string, attempt: number) => ({ run_id: runId, step, attempt });
const stepBegun = (step: string, attempt = 1) => ['workflow.step.start', 'w', about(step, attempt)];
const failure = (status: string, error_type: string, message: string, duration_ms = 0) => ({
  status,
  duration_ms,
  error: true,
  error_type,
  message,
});
const repeated = (step: string, attempt: number, message: string) => [
  'workflow.step.retry',
  'w',
  { ...about(step, attempt), ...failure('retrying', 'Error', message) },
];
const stepDone = (step: string, attempt = 1) => [
  'workflow.step.complete',
  'w',
  { ...about(step, attempt), status: 'completed', duration_ms: 0, error: false },
];
const stepEnded = (step: string, attempt: number, ...how: Parameters<typeof failure>) => [
  'workflow.step.complete',
  'w',
  { ...about(step, attempt), ...failure(...how) },
];
const ended = (...how: Parameters<typeof failure>) => ['workflow.complete', 'w', { run_id: runId, ...failure(...how) }];
const completed = ['workflow.complete', 'w', { run_id: runId, status: 'completed', duration_ms: 0, error: false }];
const started = ['workflow.start', 'w', { run_id: runId }];

/** A step of which each attempt fails, with its number. */
const broken = (options: { readonly retries?: number; readonly retryDelayMs: number }) =>
  defineStep({
    id: 'broken',
    ...options,
    run: ({ attempt }, _: number) => {
      throw new Error(`attempt ${attempt}`);
    },
  });

test('events of a run of which a step fails in all its attempts, and of its resume', async () => {
  const { engine, told } = setUp();
  const workflow = defineWorkflow('w')
    .thenStep(first)
    .thenStep(broken({ retries: 1, retryDelayMs: 0 }))
    .build();
  await expect(engine.run(workflow, 1, { runId })).rejects.toThrow();
  const tries = [
    stepBegun('broken'),
    repeated('broken', 1, 'attempt 1'),
    stepEnded('broken', 2, 'failed', 'Error', 'attempt 2'),
    ended('failed', 'CHORALE_WORKFLOW', "workflow 'w' run r: step 'broken' failed after 2 attempts: attempt 2"),
  ];
  const before = [started, stepBegun('first'), stepDone('first'), ...tries];
  expect(told()).toEqual(before);
  await expect(engine.resume(workflow, runId)).rejects.toThrow();
  expect(told().slice(before.length)).toEqual([started, ...tries]);
});

test('events of a run that is cancelled for good in a pause between two attempts', async () => {
  const { engine, told, runtime } = setUp();
  const workflow = defineWorkflow('w')
    .thenStep(broken({ retryDelayMs: 500 }))
    .build();
  const { result } = await engine.start(workflow, 1, { runId });
  await runtime.advance(100);
  await engine.cancel(runId, { reason: new Error('enough') });
  const message = "workflow 'w' run r: cancelled: enough";
  await expect(result).rejects.toThrow(message);
  expect(told()).toEqual([
    started,
    stepBegun('broken'),
    repeated('broken', 1, 'attempt 1'),
    stepEnded('broken', 1, 'cancelled', 'CHORALE_WORKFLOW_CANCELLED', message, 100),
    ended('cancelled', 'CHORALE_WORKFLOW_CANCELLED', message, 100),
  ]);
});

test('events of a run that survives the failure of a group member', async () => {
  const { engine, told } = setUp();
  const right = defineStep({ id: 'right', run: (_, n: number) => n });
  const workflow = defineWorkflow('w', 'w', { continueOnError: true, retries: 0 })
    .parallel(broken({ retryDelayMs: 0 }), right)
    .build();
  await engine.run(workflow, 1, { runId });
  expect(told()).toEqual([
    started,
    stepBegun('broken'),
    stepBegun('right'),
    stepEnded('broken', 1, 'failed', 'Error', 'attempt 1'),
    stepDone('right'),
    completed,
  ]);
});

test('events of a run of which a condition fails', async () => {
  const { engine, told } = setUp();
  const other = defineStep({ id: 'other', run: (_, n: number) => n });
  const decide = () => {
    throw new Error('no idea');
  };
  const workflow = defineWorkflow('w').thenStep(first).thenStepIf(decide, other).build();
  await expect(engine.run(workflow, 1, { runId })).rejects.toThrow();
  const message = "workflow 'w' run r: the condition before step 'other' failed: no idea";
  expect(told()).toEqual([
    started,
    stepBegun('first'),
    stepDone('first'),
    ended('failed', 'CHORALE_WORKFLOW', message),
  ]);
});

test('events of a run of which the store loses the end of a step', async () => {
  const store = memoryWorkflows();
  const commit = store.commit.bind(store);
  vi.spyOn(store, 'commit').mockImplementation((id, fence, change) => {
    if (change.steps?.some(({ status }) => status === 'completed')) return Promise.reject(new Error('disk full'));
    return commit(id, fence, change);
  });
  const { engine, told } = setUp(store);
  await expect(engine.run(defineWorkflow('w').thenStep(first).build(), 1, { runId })).rejects.toThrow();
  const message = "workflow 'w' run r: what step 'first' did could not be recorded: disk full";
  expect(told()).toEqual([
    started,
    stepBegun('first'),
    stepEnded('first', 1, 'failed', 'CHORALE_WORKFLOW', message),
    ended('failed', 'CHORALE_WORKFLOW', message),
  ]);
});

test('an observer or a logger that throws is dropped for all runs, with one warning, and the runs go on', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const observer = {
    onEvent: vi.fn(() => {
      throw new Error('observer');
    }),
  };
  const log = vi.fn(() => {
    throw new Error('no disk');
  });
  const logger = { debug: log, info: log, warn: log, error: log };
  const talks = defineStep({
    id: 'talks',
    run: (context, n: number) => {
      context.logger.info('begun');
      context.logger.error('lost');
      return n + 1;
    },
  });
  const engine = createEngine({ store: memoryWorkflows(), observer, logger });
  const workflow = defineWorkflow('w').thenStep(talks).build();
  for (const input of [1, 2]) expect((await engine.run(workflow, input)).output).toBe(input + 1);
  expect([observer.onEvent.mock.calls.length, log.mock.calls.length]).toEqual([1, 1]);
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    'an observer threw and is ignored from now on: observer',
    'a logger threw and is ignored from now on: no disk',
  ]);
  warn.mockRestore();
});
