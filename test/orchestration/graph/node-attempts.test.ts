import { describe, expect, test } from 'vitest';
import { type AttemptOptions, memoryStore, type NodeFunction, StateGraph } from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';

interface Desk {
  seen: readonly string[];
}

const clock = () => createManualClock();

function graphOf(run: NodeFunction<Desk>, options: AttemptOptions, runtime = clock()) {
  const observer = createRecordingObserver();
  const checkpoints = { store: memoryStore(), preserve: true };
  const graph = new StateGraph<Desk>({ name: 'g', runtime, observer, checkpoints })
    .addNode('work', run, options)
    .setEntryPoint('work')
    .setExitPoint('work')
    .compile();
  return { graph, runtime, observer };
}

describe('a node with retries', () => {
  test('is tried again with the same state, and counts as one node', async () => {
    const starts: unknown[] = [];
    const { graph, runtime, observer } = graphOf(
      (state, { attempt, iteration }) => {
        starts.push([attempt, iteration, state.data.seen]);
        if (attempt !== 3) throw new Error(`attempt ${attempt}`);
        return { seen: ['done'] };
      },
      { retries: 2, backoff: 'fixed', retryDelayMs: 10, jitter: false },
    );
    const run = graph.run({ seen: [] });
    await runtime.advanceToEnd();
    expect((await run).state.data).toEqual({ seen: ['done'] });
    expect(starts).toEqual([
      [1, 1, []],
      [2, 1, []],
      [3, 1, []],
    ]);
    const retries = observer.events.filter(({ type }) => type === 'node.retry');
    expect(retries.map(({ source, data }) => [source, data])).toEqual([
      ['g', expect.objectContaining({ node: 'work', attempt: 1, message: 'attempt 1' })],
      ['g', expect.objectContaining({ node: 'work', attempt: 2, message: 'attempt 2' })],
    ]);
  });

  test('conceals secrets in the event of a retry', async () => {
    const { graph, observer } = graphOf(
      (state, { attempt }) => {
        if (attempt === 1) throw new Error(`bad key ${state.secret('key')}`);
        return state;
      },
      { retries: 1, backoff: 'none' },
    );
    await graph.run({ seen: [] }, { secrets: { key: 's3same' } });
    expect(JSON.stringify(observer.events)).toContain('bad key [secret key]');
    expect(JSON.stringify(observer.events)).not.toContain('s3same');
  });

  test('has a time limit for each attempt', async () => {
    const { graph, runtime } = graphOf(() => new Promise(() => {}), { timeoutMs: 50, retries: 1, backoff: 'none' });
    const run = graph.run({ seen: [] });
    run.catch(() => {});
    await runtime.advanceToEnd();
    await expect(run).rejects.toThrow("graph 'g': node 'work' failed: no result within 50 ms");
    expect([runtime.now(), runtime.pendingTimers]).toEqual([100, 0]);
  });

  test('that waits for a person is not tried again, and each attempt gets the answers from the first on', async () => {
    const asked: string[] = [];
    const { graph } = graphOf(
      (_, { attempt, pause }) => {
        const one = pause<string>('one?');
        const two = pause<string>('two?');
        asked.push(`${attempt} ${one} ${two}`);
        if (attempt === 1) throw new Error('again');
        return { seen: [one, two] };
      },
      { retries: 1, backoff: 'none' },
    );
    const paused = await graph.run({ seen: [] }).catch((error: unknown) => error as { runId: string });
    if (!('runId' in paused)) throw new Error('did not pause');
    await expect(graph.resume(paused.runId, { value: 'a' })).rejects.toMatchObject({ code: 'CHORALE_GRAPH_PAUSED' });
    const { state } = await graph.resume(paused.runId, { value: 'b' });
    expect(state.data).toEqual({ seen: ['a', 'b'] });
    expect(asked).toEqual(['1 a b', '2 a b']);
  });

  test('rejects options that do not exist, or have wrong values', () => {
    const add = (options: object) => () => graphOf((state) => state, options);
    expect(add({ retrys: 1 })).toThrow("addNode has no option 'retrys', did you mean 'retries'?");
    expect(add({ retries: -1 })).toThrow("option retries of node 'work' must be a whole number of at least 0");
  });
});
