import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  defineMapStep,
  defineStep,
  defineWorkflow,
  RunMismatchError,
  WorkflowPausedError,
} from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { mortal } from './mortal-store.js';

expectNothingUnhandled();

const paused = expect.any(WorkflowPausedError);

/** A step that asks, between two others; `ran` has what ran. */
function asking(ran: string[] = []) {
  const note = <const Id extends string>(id: Id) =>
    defineStep({
      id,
      run: (_, text: string) => {
        ran.push(id);
        return `${text} ${id}`;
      },
    });
  const ask = defineStep({
    id: 'ask',
    run({ pause }, text: string) {
      ran.push('ask');
      return `${text} ${pause<string>('is this right?', { text })}`;
    },
  });
  return defineWorkflow('w').thenStep(note('before')).thenStep(ask).thenStep(note('after')).build();
}

describe('a step that pauses', () => {
  test('stops the run, which is shown as paused with reason and payload', async () => {
    const engine = createEngine({ store: memoryWorkflows(), runtime: createManualClock({ epochMs: 7 }) });
    const workflow = asking();
    const run = engine.run(workflow, 'go', { runId: 'r' });
    await expect(run).rejects.toThrow("workflow 'w' run r: paused at step 'ask': is this right?");
    const question = { step: 'ask', item: null, number: 1, reason: 'is this right?', payload: { text: 'go before' } };
    const pauses = [{ ...question, pausedAt: 7, value: undefined, answeredAt: null }];
    await expect(run).rejects.toMatchObject({ code: 'CHORALE_WORKFLOW_PAUSED', runId: 'r', pauses });
    expect(await engine.get('r')).toMatchObject({ status: 'paused', completedAt: null, error: null, pauses });
    expect((await engine.get('r'))?.steps.map(({ step, status }) => [step, status])).toEqual([
      ['before', 'completed'],
      ['ask', 'paused'],
    ]);
    expect(await engine.list({ status: 'paused' })).toMatchObject([{ runId: 'r', pauses }]);
  });

  test('runs again from its beginning with the answer, and no completed step does', async () => {
    const ran: string[] = [];
    const engine = createEngine({ store: memoryWorkflows() });
    await expect(engine.run(asking(ran), 'go', { runId: 'r' })).rejects.toEqual(paused);
    expect((await engine.resume(asking(ran), 'r', { value: 'yes' })).output).toBe('go before yes after');
    expect(ran).toEqual(['before', 'ask', 'ask', 'after']);
    expect((await engine.get('r'))?.pauses).toMatchObject([{ value: 'yes', answeredAt: expect.any(Number) }]);
  });

  test('gets undefined where that is the answer, and its own value of another', async () => {
    const seen: unknown[] = [];
    const step = defineStep({
      id: 'ask',
      retries: 1,
      retryDelayMs: 0,
      run({ pause, attempt }) {
        seen.push(pause('first?'));
        const list = pause<number[]>('second?');
        list.push(attempt);
        if (attempt === 1) throw new Error('once more');
        return list;
      },
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    const engine = createEngine({ store: memoryWorkflows() });
    await expect(engine.run(workflow, null, { runId: 'r' })).rejects.toThrow('first?');
    await expect(engine.resume(workflow, 'r', { value: undefined })).rejects.toThrow('second?');
    expect((await engine.resume(workflow, 'r', { value: [0] })).output).toEqual([0, 2]);
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  test('may pause several times; each call returns its own answer', async () => {
    const step = defineStep({
      id: 'ask',
      run: ({ pause }) => ['a', 'b', 'c'].map((name) => pause(`${name}?`)),
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    const engine = createEngine({ store: memoryWorkflows() });
    await expect(engine.run(workflow, null, { runId: 'r' })).rejects.toThrow('a?');
    await expect(engine.resume(workflow, 'r', { value: 1 })).rejects.toThrow('b?');
    await expect(engine.resume(workflow, 'r', { value: 2 })).rejects.toThrow('c?');
    expect((await engine.resume(workflow, 'r', { value: 3 })).output).toEqual([1, 2, 3]);
  });

  test('pauses also if it catches what ends the attempt, and uses up no attempt', async () => {
    let calls = 0;
    const step = defineStep({
      id: 'ask',
      retries: 0,
      run({ pause, attempt }) {
        calls += 1;
        try {
          return [pause('well?'), attempt];
        } catch {
          return 'caught';
        }
      },
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    const engine = createEngine({ store: memoryWorkflows() });
    await expect(engine.run(workflow, null, { runId: 'r' })).rejects.toEqual(paused);
    expect(calls).toBe(1);
    expect((await engine.resume(workflow, 'r', { value: 'fine' })).output).toEqual(['fine', 1]);
  });

  test('lets its siblings end, which do not run again', async () => {
    const ran: string[] = [];
    const ask = defineStep({ id: 'ask', run: ({ pause }, n: number) => n + pause<number>('how much?') });
    const other = defineStep({
      id: 'other',
      async run(_, n: number) {
        ran.push('other');
        await new Promise((resolve) => setImmediate(resolve));
        return n * 2;
      },
    });
    const sum = defineStep({ id: 'sum', run: (_, { ask, other }: { ask: number; other: number }) => ask + other });
    const workflow = defineWorkflow('w').parallel(ask, other).thenStep(sum).build();
    const engine = createEngine({ store: memoryWorkflows() });
    await expect(engine.run(workflow, 5, { runId: 'r' })).rejects.toEqual(paused);
    expect((await engine.resume(workflow, 'r', { value: 1 })).output).toBe(16);
    expect(ran).toEqual(['other']);
  });

  test('is answered by name where several wait; one that still waits does not run', async () => {
    const ran: string[] = [];
    const ask = <const Id extends string>(id: Id) =>
      defineStep({
        id,
        run({ pause }) {
          ran.push(id);
          return pause<string>(`${id}?`);
        },
      });
    const workflow = defineWorkflow('w').parallel(ask('a'), ask('b')).build();
    const engine = createEngine({ store: memoryWorkflows() });
    const run = engine.run(workflow, null, { runId: 'r' });
    await expect(run).rejects.toThrow("paused at step 'a': a?; step 'b': b?");
    await expect(engine.resume(workflow, 'r', { value: 1 })).rejects.toThrow(
      "several wait for an answer: step 'a', step 'b'",
    );
    await expect(engine.resume(workflow, 'r', { value: 'B', step: 'b' })).rejects.toThrow("paused at step 'a': a?");
    expect(ran).toEqual(['a', 'b', 'b']);
    expect((await engine.resume(workflow, 'r', { value: 'A', step: 'a' })).output).toEqual({ a: 'A', b: 'B' });
    expect(ran).toEqual(['a', 'b', 'b', 'a']);
  });

  test('may be an item of a map step; the other items are recorded', async () => {
    const ran: number[] = [];
    const step = defineMapStep({
      id: 'each',
      items: (numbers: readonly number[]) => numbers,
      run({ pause }, n) {
        ran.push(n);
        return n < 0 ? pause<number>(`what is ${n}?`) : n;
      },
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    const engine = createEngine({ store: memoryWorkflows() });
    const run = engine.run(workflow, [1, -2, 3, -4], { runId: 'r' });
    await expect(run).rejects.toThrow(
      "paused at item 1 of step 'each': what is -2?; item 3 of step 'each': what is -4?",
    );
    await expect(engine.resume(workflow, 'r', { value: 4, item: 3 })).rejects.toThrow('item 1');
    expect((await engine.resume(workflow, 'r', { value: 2 })).output).toEqual([1, 2, 3, 4]);
    expect(ran.sort((a, b) => a - b)).toEqual([-4, -4, -2, -2, 1, 3]);
  });
});

describe('a paused run', () => {
  test('is not resumed without an answer, nor started again by its key', async () => {
    const engine = createEngine({ store: memoryWorkflows() });
    const workflow = asking();
    const options = { runId: 'r', idempotencyKey: 'k' };
    await expect(engine.run(workflow, 'go', options)).rejects.toEqual(paused);
    await expect(engine.resume(workflow, 'r')).rejects.toEqual(paused);
    await expect(engine.resume(workflow, 'r', { takeOver: true })).rejects.toEqual(paused);
    await expect(engine.run(workflow, 'go', options)).rejects.toEqual(paused);
    expect((await engine.get('r'))?.status).toBe('paused');
  });

  test('takes no answer to what was not asked, nor one that is not JSON, nor two', async () => {
    const engine = createEngine({ store: memoryWorkflows() });
    const workflow = asking();
    await expect(engine.run(workflow, 'go', { runId: 'r' })).rejects.toEqual(paused);
    const answer = (options: object) => engine.resume(workflow, 'r', options);
    await expect(answer({ value: 1, step: 'after' })).rejects.toThrow("does not wait for it: waiting: step 'ask'");
    await expect(answer({ value: () => 1 })).rejects.toThrow('option value must be JSON');
    const ends = await Promise.allSettled([answer({ value: 'one' }), answer({ value: 'two' })]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(answer({ value: 'late' })).rejects.toThrow(RunMismatchError);
  });

  test('can be cancelled, and takes no answer then', async () => {
    const engine = createEngine({ store: memoryWorkflows() });
    const workflow = asking();
    await expect(engine.run(workflow, 'go', { runId: 'r' })).rejects.toEqual(paused);
    expect(await engine.cancel('r')).toBe('cancelled');
    const run = await engine.get('r');
    expect(run).toMatchObject({ status: 'cancelled', cancelRequested: true });
    expect(run?.steps.at(-1)).toMatchObject({ step: 'ask', status: 'cancelled' });
    await expect(engine.resume(workflow, 'r', { value: 1 })).rejects.toMatchObject({
      code: 'CHORALE_WORKFLOW_CANCELLED',
    });
  });

  test('is told of by its events', async () => {
    const observer = createRecordingObserver();
    const engine = createEngine({ store: memoryWorkflows(), observer });
    await expect(engine.run(asking(), 'go', { runId: 'r' })).rejects.toEqual(paused);
    const question = { run_id: 'r', step: 'ask', item: null, number: 1, reason: 'is this right?' };
    expect(observer.ofType('workflow.pause').map(({ data }) => data)).toEqual([question]);
    const end = { status: 'paused', error: false };
    expect(observer.ofType('workflow.step.complete').at(-1)?.data).toMatchObject({ step: 'ask', ...end });
    expect(observer.ofType('workflow.complete').map(({ data }) => data)).toMatchObject([end]);
    expect(JSON.stringify(observer.events)).not.toContain('go before');
  });

  test('rejects a payload that is not JSON, and a reason that is empty', async () => {
    const engine = createEngine({ store: memoryWorkflows() });
    const run = (reason: string, payload?: unknown) => {
      const step = defineStep({ id: 's', retries: 0, run: ({ pause }) => pause(reason, payload) });
      return engine.run(defineWorkflow('w').thenStep(step).build(), null);
    };
    await expect(run('why?', { at: new Date(0) })).rejects.toThrow("step 's': invalid payload: at: ");
    await expect(run('')).rejects.toThrow('reason of a pause');
  });

  test('is in the file when the process is gone, and is answered by another', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chorale-pause-'));
    try {
      const first = libsqlStore({ path: join(folder, 'runs.db') });
      await expect(createEngine({ store: first }).run(asking(), 'go', { runId: 'r' })).rejects.toEqual(paused);
      first.close();
      const ran: string[] = [];
      const second = libsqlStore({ path: join(folder, 'runs.db') });
      const { output } = await createEngine({ store: second }).resume(asking(ran), 'r', { value: 'yes' });
      second.close();
      expect([output, ran]).toEqual(['go before yes after', ['ask', 'after']]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('whose process dies at any write, and again, asks each question until it has one answer', async () => {
    const questions = ['a', 'b', 'c'];
    const step = defineStep({
      id: 'ask',
      retries: 0,
      run: ({ pause }) => questions.map((name) => pause<string>(`${name}?`)),
    });
    const workflow = defineWorkflow('w', undefined, { retries: 0 }).thenStep(step).build();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 8 }), async (deaths) => {
        const store = memoryWorkflows();
        await store.create({
          ...{ runId: 'r', workflow: 'w', shape: workflow.shape, idempotencyKey: null },
          ...{ input: null, createdAt: 0, leaseUntil: 0 },
        });
        let answers = 0;
        for (let life = 0; (await store.load('r'))?.status !== 'completed'; life += 1) {
          expect(life).toBeLessThan(20);
          const engine = createEngine({ store: mortal(store, deaths[life] ?? Number.POSITIVE_INFINITY) });
          const open = (await engine.get('r'))?.pauses.find(({ answeredAt }) => answeredAt === null);
          if (open) answers += 1;
          const answer = open ? { value: open.reason.toUpperCase() } : {};
          await engine.resume(workflow, 'r', { takeOver: true, ...answer }).catch(() => {});
        }
        const run = await store.load('r');
        expect(run?.output).toBe('["A?","B?","C?"]');
        expect(answers).toBe(3);
      }),
      { numRuns: 50 },
    );
  });
});
