import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { RunBusyError } from '../../../src/orchestration/run-errors.js';
import { Child, endChildren, ranIn } from '../../store/workers/child.js';
import { here } from '../../store/workers/here.js';
import { engineOf, signedWorkflow, type Worker } from '../../store/workers/work.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-processes-'));
afterAll(() => rmSync(folder, { recursive: true }));

afterEach(endChildren);

const hour = 3_600_000;

describe('two processes on one file', { timeout: 60_000 }, () => {
  test('a workflow whose lease ended is given to the other, and what the first brings late is refused', async () => {
    const path = join(folder, 'stale-workflow.db');
    const first = new Child('workflow', path, 'first');
    await first.paused;
    const resume = (worker: Worker) => engineOf(worker).resume(signedWorkflow(worker), 'r');
    await expect(here(path, resume)).rejects.toThrow(RunBusyError);
    const by = ['first a', 'here b', 'here c'];
    expect((await here(path, resume, hour)).output).toEqual(by);
    const recorded = await here(path, (worker) => engineOf(worker).get('r'));
    first.say('go');
    const end = await first.end;
    expect(end).toMatchObject({ code: 'CHORALE_RUN_BUSY' });
    const completions = end.events.filter(({ type }) => type === 'workflow.step.complete');
    expect(completions.map(({ data }) => data)).toMatchObject([
      { step: 'a', error: false },
      { step: 'b', error: true },
    ]);
    await first.closed;
    expect(recorded).toMatchObject({ status: 'completed', output: by });
    expect(await here(path, (worker) => engineOf(worker).get('r'))).toEqual(recorded);
    expect(ranIn(path)).toEqual(['first a', 'first b', 'here b', 'here c']);
  });

  test('a workflow that is cancelled from here stops there, and no new process goes on with it', async () => {
    const path = join(folder, 'cancelled.db');
    // Renewed, and so told of the cancellation, every 30 ms.
    const first = new Child('workflow', path, 'first', 90);
    await first.paused;
    expect(await here(path, (worker) => engineOf(worker).cancel('r'))).toBe('cancelled');
    const end = await first.end;
    expect(end).toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', forGood: true });
    expect(end.events.at(-1)?.data).toMatchObject({ status: 'cancelled', error: true });
    await first.closed;
    const restarted = new Child('workflow again', path, 'restarted');
    expect(await restarted.end).toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', forGood: true });
    await restarted.closed;
    const run = await here(path, (worker) => engineOf(worker).get('r'));
    expect(run).toMatchObject({ status: 'cancelled', cancelRequested: true, output: undefined });
    expect(run?.steps.map(({ step, status }) => `${step} ${status}`)).toEqual(['a completed', 'b cancelled']);
    expect(ranIn(path)).toEqual(['first a', 'first b']);
  });

  test('a cancellation outlives the process that cancelled and the one that ran', async () => {
    const path = join(folder, 'both-lost.db');
    const first = new Child('workflow', path, 'first');
    await first.paused;
    // It kills itself as soon as it has been answered.
    expect(await new Child('cancel', path, 'canceller').closed).toBe('SIGKILL');
    expect(await first.kill()).toBe('SIGKILL');
    const restarted = new Child('workflow again', path, 'restarted');
    expect(await restarted.end).toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', forGood: true });
    await restarted.closed;
    expect(ranIn(path)).toEqual(['first a', 'first b']);
  });

  test('a graph that was stopped there is cancelled in the file, and a new process goes on with it', async () => {
    const path = join(folder, 'stopped-graph.db');
    const first = new Child('graph', path, 'first');
    await first.paused;
    first.say('stop');
    expect(await first.end).toMatchObject({ code: 'CHORALE_GRAPH_CANCELLED' });
    await first.closed;
    const found = await here(path, ({ store }) => store.checkpoints.find('r'));
    expect(found).toMatchObject({ status: 'cancelled', iteration: 1, leasedUntil: 0 });
    const second = new Child('graph again', path, 'second');
    await second.paused;
    second.say('go');
    expect((await second.end).value).toEqual({ by: ['first a', 'second b', 'second c'] });
    await second.closed;
    expect(ranIn(path)).toEqual(['first a', 'first b', 'second b', 'second c']);
  });

  test('a key that four processes start at once has one run', async () => {
    const path = join(folder, 'keys.db');
    const children = ['1', '2', '3', '4'].map((name) => new Child('keys', path, name));
    await Promise.all(children.map(({ paused }) => paused));
    for (const child of children) child.say('go');
    const ends = await Promise.all(children.map(({ end }) => end));
    await Promise.all(children.map(({ closed }) => closed));
    const starts = ends.map(({ value }) => value as readonly { runId: string; created: boolean; end: unknown }[]);
    for (let key = 0; key < 25; key += 1) {
      const ofKey = starts.map((all) => all[key]);
      expect(new Set(ofKey.map((start) => start?.runId)).size, `key ${key}`).toBe(1);
      const maker = ofKey.findIndex((start) => start?.created);
      expect(
        ofKey.filter((start) => start?.created),
        `key ${key}`,
      ).toHaveLength(1);
      const output = ['a', 'b', 'c'].map((step) => `${maker + 1} ${step}`);
      expect(ofKey[maker]?.end).toEqual(output);
      // The others got its result, or were told that somebody has it.
      for (const start of ofKey) expect([output, 'CHORALE_RUN_BUSY']).toContainEqual(start?.end);
    }
    expect(ranIn(path)).toHaveLength(25 * 3);
    const runs = await here(path, (worker) => engineOf(worker).list({ limit: 100 }));
    expect(runs.map(({ status, idempotencyKey }) => `${idempotencyKey} ${status}`).sort()).toEqual(
      Array.from({ length: 25 }, (_, key) => `${key} completed`).sort(),
    );
  });
});
