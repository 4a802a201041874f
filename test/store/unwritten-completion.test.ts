import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../src/analysis/store-errors.js';
import { ExecutionError } from '../../src/orchestration/graph/graph-errors.js';
import { State } from '../../src/orchestration/index.js';
import { memoryStore, type Store } from '../../src/orchestration/memory-store/memory-store.js';
import { WorkflowError } from '../../src/orchestration/workflow/workflow-errors.js';
import { libsqlCheckpoints } from '../../src/store/libsql/checkpoint-store.js';
import { openDatabase } from '../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../src/store/libsql/workflow-store.js';
import { createRecordingObserver, type RecordingObserver } from '../../src/testing/index.js';
import { engineOf, signedGraph, signedWorkflow, type Worker } from './workers/work.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-unwritten-'));
afterAll(() => rmSync(folder, { recursive: true }));

const log = join(folder, 'log');
beforeEach(() => writeFileSync(log, ''));
const ran = () => readFileSync(log, 'utf8').trimEnd().split('\n');

/** A store that cannot write the completion of `b` until it is mended. */
interface Broken extends Store {
  mend(): void;
}

function brokenMemory(): Broken {
  const { checkpoints, workflows, close } = memoryStore();
  const full = new StoreError('memory', 'no room for b', 'make room');
  let broken = true;
  return {
    async [Symbol.asyncDispose]() {},
    close,
    mend() {
      broken = false;
    },
    checkpoints: {
      ...checkpoints,
      append: async (lease, change, until) => {
        if (broken && change.node === 'b') throw full;
        return checkpoints.append(lease, change, until);
      },
    },
    workflows: {
      create: workflows.create.bind(workflows),
      claim: workflows.claim.bind(workflows),
      cancel: workflows.cancel.bind(workflows),
      delete: workflows.delete.bind(workflows),
      prune: workflows.prune.bind(workflows),
      load: workflows.load.bind(workflows),
      list: workflows.list.bind(workflows),
      commit(runId, fence, change) {
        const ofB = change.steps?.some(({ step, status }) => step === 'b' && status === 'completed');
        if (broken && ofB) throw full;
        return workflows.commit(runId, fence, change);
      },
    },
  };
}

let file = 0;

/** The database itself refuses, after other statements of the same transaction. */
function brokenFile(): Broken {
  const database = openDatabase(join(folder, `${++file}.db`));
  const checkpoints = libsqlCheckpoints(database);
  const workflows = libsqlWorkflows(database);
  const refuse = "BEGIN SELECT RAISE(ABORT, 'no room for b'); END";
  const triggers = [
    `CREATE TRIGGER full_graph BEFORE INSERT ON graph_values WHEN NEW.iteration = 2 ${refuse}`,
    `CREATE TRIGGER full_workflow BEFORE UPDATE ON workflow_steps
      WHEN NEW.step = 'b' AND NEW.status = 'completed' ${refuse}`,
  ];
  for (const trigger of triggers) database.prepare(trigger).run();
  return {
    checkpoints,
    workflows,
    close: () => database.close(),
    async [Symbol.asyncDispose]() {},
    mend() {
      for (const trigger of ['full_graph', 'full_workflow']) database.prepare(`DROP TRIGGER ${trigger}`).run();
    },
  };
}

const stores = { memory: brokenMemory, libsql: brokenFile };

/** The events without those of edges and states: what was begun, told as done, and written. */
function toldBy(observer: RecordingObserver): string[] {
  return observer.events
    .filter(({ type }) => !/^(edge|state)\./.test(type))
    .map(({ type, data }) => {
      const what = 'node' in data ? data.node : 'step' in data ? data.step : '';
      return [type, what, 'error' in data && data.error ? 'error' : ''].filter((part) => part !== '').join(' ');
    });
}

describe.for(Object.entries(stores))('a completion that could not be written (%s)', ([, create]) => {
  test('fails the graph, is told as a failure, and the node runs again when it is resumed', async () => {
    const store = create();
    const observer = createRecordingObserver();
    const worker: Worker = { name: 'w', store, log, leaseMs: 600_000, observer, pause: async () => {} };
    const error = await signedGraph(worker)
      .run(State.create({ by: [] }, { runId: 'r' }))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExecutionError);
    expect(error).toMatchObject({ node: 'b', cause: { code: 'CHORALE_STORE' } });
    expect(String(error)).toMatch(/: the completion of node 'b' could not be written: .*no room for b/);
    expect(toldBy(observer)).toEqual([
      'graph.start',
      'node.start a',
      'node.complete a',
      'checkpoint.save a',
      'node.start b',
      'node.complete b error',
      'graph.complete error',
    ]);
    expect(await store.checkpoints.find('r')).toMatchObject({ status: 'failed', iteration: 1, leasedUntil: 0 });
    expect((await store.checkpoints.load('r'))?.values).toEqual([['by', '["w a"]']]);
    store.mend();
    const { state, path } = await signedGraph(worker).resume('r');
    expect([state.get('by'), path]).toEqual([
      ['w a', 'w b', 'w c'],
      ['a', 'b', 'c'],
    ]);
    expect(ran()).toEqual(['w a', 'w b', 'w b', 'w c']);
    store.close();
  });

  test('fails the workflow, is told as a failure, and the step runs again when it is resumed', async () => {
    const store = create();
    const observer = createRecordingObserver();
    const worker: Worker = { name: 'w', store, log, leaseMs: 600_000, observer, pause: async () => {} };
    const error = await engineOf(worker)
      .run(signedWorkflow(worker), [], { runId: 'r' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowError);
    expect(error).toMatchObject({ step: 'b', cause: { code: 'CHORALE_STORE' } });
    expect(String(error)).toMatch(/: what step 'b' did could not be recorded: .*no room for b/);
    expect(toldBy(observer)).toEqual([
      'workflow.start',
      'workflow.step.start a',
      'workflow.step.complete a',
      'workflow.step.start b',
      'workflow.step.complete b error',
      'workflow.complete error',
    ]);
    const run = await store.workflows.load('r');
    expect(run?.steps.map(({ step, status, output }) => [step, status, output])).toEqual([
      ['a', 'completed', '["w a"]'],
      ['b', 'running', null],
    ]);
    expect(run).toMatchObject({ output: null, completedAt: null });
    store.mend();
    const { output } = await engineOf(worker).resume(signedWorkflow(worker), 'r');
    expect(output).toEqual(['w a', 'w b', 'w c']);
    expect(ran()).toEqual(['w a', 'w b', 'w b', 'w c']);
    store.close();
  });
});
