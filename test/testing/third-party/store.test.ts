import { createEngine, defineStep, defineWorkflow, State, StateGraph } from 'chorale/orchestration';
import { checkpointStoreContract, workflowStoreContract } from 'chorale/testing';
import { describe, expect, test } from 'vitest';
import { type CheckpointFault, toyCheckpoints } from './toy-checkpoints.js';
import { toyWorkflows, type WorkflowFault } from './toy-workflows.js';

const checkpointFaults: Readonly<Record<CheckpointFault, true>> = {
  'a second run replaces the first': true,
  'begins two runs at once': true,
  'a late worker may append': true,
  'a late worker may release': true,
  'a late worker may renew': true,
  'a late worker may rewind': true,
  'a late worker may remove': true,
  'tokens begin anew after a removal': true,
  'whoever gave a run back may go on': true,
  'a lease is given to two': true,
  'a lease is given to two at once': true,
  'a lease never ends': true,
  'a lease ends although nobody takes it': true,
  'appending does not renew the lease': true,
  'an old checkpoint is taken': true,
  'a refused checkpoint leaves its values': true,
  'an older checkpoint shows newer values': true,
  'a removed key stays': true,
  'keys are sorted': true,
  'the path is that of the last checkpoint': true,
  'secret names are those of the first': true,
  'rewinding keeps what came later': true,
  'removing keeps the history': true,
  'a late worker may record': true,
  'records are those of the first iteration': true,
  'a record of an earlier node is taken': true,
  'rewinding keeps records': true,
  'children outlive their parent': true,
  'children are listed': true,
  'a run in work is deleted': true,
  'pruning ignores the status': true,
  'the identity stays': true,
  'the oldest runs are listed first': true,
  'the list ignores its limit': true,
  'the list ignores the status': true,
  'refusals are plain errors': true,
};

const workflowFaults: Readonly<Record<WorkflowFault, true>> = {
  'a second run replaces the first': true,
  'keys are not looked at': true,
  'keys are shared by all workflows': true,
  'a key has two runs when two start at once': true,
  'a run is claimed while a lease lasts': true,
  'a run is claimed by two at once': true,
  'a lease never ends': true,
  'nobody can take a run over': true,
  'a completed run is claimed': true,
  'a cancelled run is claimed': true,
  'a claim keeps the failure': true,
  'a claim does not raise the fence': true,
  'a late worker is let in': true,
  'a refused change is half written': true,
  'a cancelled run takes changes': true,
  'an ended run takes changes': true,
  'a completed step is overwritten': true,
  'steps are sorted': true,
  'state that is removed stays': true,
  'items are overwritten': true,
  'items stay when they are dropped': true,
  'the lease is not renewed': true,
  'a change forgets what it does not name': true,
  'a run is deleted although a worker has it': true,
  'a deleted run stays': true,
  'a new run has the fence of a deleted one': true,
  'prune ignores the status': true,
  'prune ignores the age': true,
  'prune ignores the workflow': true,
  'prune ignores the lease': true,
  'no run dies': true,
  'a run is claimed to see whether it is dead': true,
  'progress does not count': true,
  'a dead run is cancelled': true,
  'pauses have no order': true,
  'an answered pause is asked again': true,
  'a paused run is claimed without an answer': true,
  'an answer goes to a pause that is not there': true,
  'an answer is taken from whoever does not get the run': true,
  'an answer is lost': true,
  'cancelling ends what is over': true,
  'cancelling leaves the steps running': true,
  'cancelling again changes the end': true,
  'the oldest runs are listed first': true,
  'the list ignores its limit': true,
  'the list ignores where to begin': true,
  'the list ignores the workflow': true,
  'the list ignores the status': true,
  'the list has the values': true,
};

const close = () => {};

/** The rules that a store breaks, each of them with an AssertionError or what the store threw. */
async function broken<S>(
  contract: readonly { readonly name: string; run(create: () => S): Promise<void> }[],
  create: () => S,
): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of contract) await run(create).catch(() => names.push(name));
  return names;
}

describe("a store of checkpoints that is made of the package's exports alone", () => {
  for (const { name, run } of checkpointStoreContract) {
    test(name, () => run(() => ({ checkpoints: toyCheckpoints(), close })));
  }

  test('keeps the runs of a graph', async () => {
    let broke = false;
    const graph = new StateGraph<{ sum: number }>({
      name: 'g',
      checkpoints: { store: { checkpoints: toyCheckpoints() } },
    })
      .addNode('a', (state) => state.set('sum', state.get('sum') + 1))
      .addNode('b', (state) => {
        if (!broke) {
          broke = true;
          throw new Error('no luck');
        }
        return state.set('sum', state.get('sum') * 10);
      })
      .addEdge('a', 'b')
      .setEntryPoint('a')
      .setExitPoint('b')
      .compile();
    await expect(graph.run(State.create({ sum: 1 }, { runId: 'r' }))).rejects.toThrow("node 'b' failed: no luck");
    expect((await graph.resume('r')).state.data).toEqual({ sum: 20 });
  });

  test.for(Object.keys(checkpointFaults) as CheckpointFault[])('breaks a rule where %s', async (fault) => {
    const rules = await broken(checkpointStoreContract, () => ({ checkpoints: toyCheckpoints(fault), close }));
    expect(rules).not.toEqual([]);
  });
});

describe("a store of workflows that is made of the package's exports alone", () => {
  for (const { name, run } of workflowStoreContract) {
    test(name, () => run(() => ({ workflows: toyWorkflows(), close })));
  }

  test('keeps the runs of a workflow', async () => {
    let broke = false;
    const workflow = defineWorkflow('w')
      .thenStep(defineStep({ id: 'a', run: (_, n: number) => n + 1 }))
      .thenStep(
        defineStep({
          id: 'b',
          retries: 0,
          run: (_, n: number) => {
            if (!broke) {
              broke = true;
              throw new Error('no luck');
            }
            return n * 10;
          },
        }),
      )
      .build();
    const engine = createEngine({ store: toyWorkflows() });
    await expect(engine.run(workflow, 1, { runId: 'r' })).rejects.toThrow("step 'b' failed after 1 attempt: no luck");
    await expect(engine.resume(workflow, 'r')).resolves.toMatchObject({ output: 20 });
  });

  test.for(Object.keys(workflowFaults) as WorkflowFault[])('breaks a rule where %s', async (fault) => {
    const rules = await broken(workflowStoreContract, () => ({ workflows: toyWorkflows(fault), close }));
    expect(rules).not.toEqual([]);
  });
});
