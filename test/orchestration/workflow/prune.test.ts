import { describe, expect, test } from 'vitest';
import {
  createEngine,
  defineStep,
  defineWorkflow,
  RunBusyError,
  type WorkflowPruneOptions,
} from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import { createManualClock } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';

expectNothingUnhandled();

const workflowOf = (id: string, run: (n: number) => unknown) =>
  defineWorkflow(id)
    .thenStep(defineStep({ id: 's', retries: 0, run: (_, n: number) => run(n) }))
    .build();
const well = workflowOf('well', (n) => n);
const broken = workflowOf('broken', () => {
  throw new Error('no');
});
const asking = defineWorkflow('asking')
  .thenStep(defineStep({ id: 's', run: ({ pause }) => pause('?') }))
  .build();

function engineWithClock() {
  const runtime = createManualClock();
  const engine = createEngine({ store: memoryWorkflows(), runtime });
  const ids = async () => (await engine.list({ limit: 99 })).map(({ runId }) => runId);
  return { runtime, engine, ids };
}

describe('engine.delete', () => {
  test('deletes a run; its key starts a new one', async () => {
    const { engine } = engineWithClock();
    const { runId } = await engine.run(well, 1, { idempotencyKey: 'k' });
    expect([await engine.delete(runId), await engine.delete(runId)]).toEqual([true, false]);
    expect(await engine.get(runId)).toBeUndefined();
    const again = await engine.run(well, 2, { idempotencyKey: 'k' });
    expect([again.runId === runId, again.output]).toEqual([false, 2]);
  });

  test('is rejected while a worker has the run; a cancelled run can be deleted at once', async () => {
    const { engine } = engineWithClock();
    const hangs = workflowOf('hangs', () => new Promise(() => {}));
    await engine.start(hangs, 1, { runId: 'r' });
    await expect(engine.delete('r')).rejects.toThrow(RunBusyError);
    await expect(engine.delete('r')).rejects.toThrow("workflow 'hangs' run r: a worker has it; cancel it first");
    await engine.cancel('r');
    expect(await engine.delete('r')).toBe(true);
  });

  test('deletes a paused run', async () => {
    const { engine } = engineWithClock();
    await expect(engine.run(asking, null, { runId: 'r' })).rejects.toThrow('paused');
    expect(await engine.delete('r')).toBe(true);
    await expect(engine.resume(asking, 'r', { value: 1 })).rejects.toMatchObject({
      code: 'CHORALE_WORKFLOW_RUN_UNKNOWN',
    });
  });
});

describe('engine.prune', () => {
  async function threeDays() {
    const day = 86_400_000;
    const { runtime, engine, ids } = engineWithClock();
    for (let n = 1; n <= 3; n += 1) {
      await engine.run(well, n, { runId: `well ${n}` });
      await engine.run(broken, n, { runId: `broken ${n}` }).catch(() => {});
      await engine.run(asking, null, { runId: `asking ${n}` }).catch(() => {});
      await runtime.advance(day);
    }
    return { day, engine, ids };
  }

  test('deletes what ended so long ago, and nothing that waits for an answer', async () => {
    const { day, engine, ids } = await threeDays();
    expect(await engine.prune({ olderThanMs: 2 * day })).toBe(4);
    expect((await ids()).sort()).toEqual(['asking 1', 'asking 2', 'asking 3', 'broken 3', 'well 3']);
    expect(await engine.prune({ olderThanMs: 2 * day })).toBe(0);
  });

  test('deletes by status, by several, and by workflow', async () => {
    const { day, engine, ids } = await threeDays();
    expect(await engine.prune({ status: 'failed', olderThanMs: 3 * day })).toBe(1);
    expect(await engine.prune({ status: 'completed', workflow: 'broken' })).toBe(0);
    expect(await engine.prune({ status: ['completed', 'paused'] })).toBe(6);
    expect((await ids()).sort()).toEqual(['broken 2', 'broken 3']);
    expect(await engine.prune({ olderThanMs: 0, workflow: 'broken' })).toBe(2);
  });

  test.each<[string, object, string]>([
    ['nothing', {}, 'option olderThanMs must be given, unless status is (0 is any age)'],
    ['a negative age', { olderThanMs: -1 }, 'option olderThanMs must be a whole number of at least 0'],
    ['a status that is none', { status: 'old' }, 'option status must be one of pending, running, paused'],
    ['a list with one', { status: ['failed', 'old'] }, 'option status must be one of pending, running, paused'],
    ['a misspelt option', { olderThan: 1 }, "prune has no option 'olderThan', did you mean 'olderThanMs'?"],
  ])('rejects %s', async (_, options, message) => {
    const { engine } = engineWithClock();
    await expect(engine.prune(options as WorkflowPruneOptions)).rejects.toThrow(message);
  });
});
