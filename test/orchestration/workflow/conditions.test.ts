import { describe, expect, test } from 'vitest';
import { type ConditionContext, createEngine, defineStep, defineWorkflow } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';

expectNothingUnhandled();

const first = defineStep({ id: 'first', run: () => 1 });
const maybe = defineStep({ id: 'maybe', run: (_, n: number) => n + 1, timeoutMs: 500 });

function setUp(condition: (context: ConditionContext) => PromiseLike<boolean> | boolean) {
  const clock = createManualClock();
  const observer = createRecordingObserver();
  const engine = createEngine({ store: memoryWorkflows(), runtime: clock, observer });
  const workflow = defineWorkflow('w').thenStep(first).thenStepIf(condition, maybe).build();
  return { clock, observer, engine, workflow };
}

/** Never answers, but ends with its signal. */
const obedient = ({ signal }: ConditionContext) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

describe('a condition', () => {
  test('may take as long as an attempt of its step', async () => {
    const { clock, engine, workflow } = setUp(() => new Promise(() => {}));
    const ended = engine.run(workflow, null, { runId: 'r' }).catch((error: Error) => error);
    await clock.advance(499);
    expect((await engine.get('r'))?.status).toBe('running');
    await clock.advance(1);
    expect(await ended).toMatchObject({
      code: 'CHORALE_WORKFLOW',
      step: 'maybe',
      message: "workflow 'w' run r: the condition before step 'maybe' failed: no answer within 500 ms",
    });
    expect((await engine.get('r'))?.status).toBe('failed');
    expect(clock.pendingTimers).toBe(0);
  });

  test('that takes too long is told so by its signal', async () => {
    const { clock, engine, workflow } = setUp(obedient);
    const ended = engine.run(workflow, null).catch((error: Error) => error);
    await clock.advance(500);
    expect(await ended).toMatchObject({ code: 'CHORALE_WORKFLOW', cause: { name: 'TimeoutError' } });
  });

  test('is ended by the signal of the run, which can be resumed', async () => {
    let asked = 0;
    const { clock, engine, workflow, observer } = setUp((context) => {
      asked += 1;
      return asked === 1 ? obedient(context) : true;
    });
    const stop = new AbortController();
    const ended = engine.run(workflow, null, { runId: 'r', signal: stop.signal }).catch((error: Error) => error);
    await clock.advance(0);
    stop.abort(new Error('enough'));
    expect(await ended).toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', cause: { message: 'enough' } });
    expect(observer.ofType('workflow.complete').map(({ data }) => data.status)).toEqual(['cancelled']);
    expect((await engine.resume(workflow, 'r')).output).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  test('is ended when the run is cancelled for good', async () => {
    const { clock, engine, workflow } = setUp(obedient);
    const ended = engine.run(workflow, null, { runId: 'r' }).catch((error: Error) => error);
    await clock.advance(0);
    expect(await engine.cancel('r')).toBe('cancelled');
    expect(await ended).toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', forGood: true });
  });

  test('that answers at once needs no timer, and its signal outlives nothing', async () => {
    const signals: AbortSignal[] = [];
    const { clock, engine, workflow } = setUp(({ signal }) => {
      signals.push(signal);
      expect(clock.pendingTimers).toBe(1);
      return true;
    });
    expect((await engine.run(workflow, null)).output).toBe(2);
    expect([signals.length, signals[0]?.aborted, clock.pendingTimers]).toEqual([1, false, 0]);
  });
});
