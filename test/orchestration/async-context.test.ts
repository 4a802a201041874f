import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  createHub,
  defineStep,
  defineWorkflow,
  processChain,
  processParallel,
  StateGraph,
  streamParallel,
} from '../../src/orchestration/index.js';
import { memoryWorkflows } from '../../src/orchestration/memory-store/memory-workflows.js';

const storage = new AsyncLocalStorage<string>();
const within = <R>(name: string, work: () => R): R => storage.run(name, work);
const current = () => storage.getStore();

describe('user code runs in the asynchronous context of whoever asked for it', () => {
  test('handlers of queued messages, requests and messages that waited for room', async () => {
    const seen: unknown[] = [];
    const hub = createHub({ name: 'help', bufferSize: 1 });
    hub.register('desk', async ({ data }) => {
      seen.push([data, current()]);
      await Promise.resolve();
      return current();
    });
    const sends = Array.from({ length: 5 }, (_, data) =>
      within(`sender ${data}`, () => hub.send({ from: 'test', to: 'desk', data })),
    );
    const answer = within('asker', () => hub.request({ from: 'test', to: 'desk', data: 'request' }));
    await Promise.all(sends);
    expect((await answer).data).toBe('asker');
    expect(seen).toEqual([...sends.map((_, data) => [data, `sender ${data}`]), ['request', 'asker']]);
    await hub.close();
  });

  test('processors of a stream, whoever reads it', async () => {
    const stream = within('maker', () => streamParallel([1, 2, 3, 4], async () => current(), { concurrency: 2 }));
    const seen: unknown[] = [];
    await within('reader', async () => {
      for await (const outcome of stream) seen.push(outcome.status === 'ok' && outcome.value);
    });
    expect(seen).toEqual(['maker', 'maker', 'maker', 'maker']);
  });

  test('processors, steps of chains and of workflows, and nodes', async () => {
    const contexts = async () => {
      const { results } = await processParallel([1, 2, 3], async () => current(), { maxWorkers: 1 });
      const chain = await processChain([1, 2], [] as unknown[], async (_, seen) => [...seen, current()]);
      const step = <const Id extends string>(id: Id) =>
        defineStep({
          id,
          retries: 1,
          retryDelayMs: 1,
          run: async ({ attempt }) => {
            if (attempt === 1) throw new Error('again');
            return current();
          },
        });
      const workflow = defineWorkflow('w').thenStep(step('a')).parallel(step('b'), step('c')).build();
      const engine = createEngine({ store: memoryWorkflows() });
      const graph = new StateGraph<{ seen: unknown[] }>({ name: 'g' })
        .addNode('one', async (state) => state.set('seen', [...state.data.seen, current()]))
        .addNode('two', async (state) => state.set('seen', [...state.data.seen, current()]))
        .addEdge('one', 'two')
        .setEntryPoint('one')
        .setExitPoint('two')
        .compile();
      const { state } = await graph.run({ seen: [] });
      return [results, chain.final, (await engine.run(workflow, null)).output, state.data.seen];
    };
    const [first, second] = await Promise.all([within('first', contexts), within('second', contexts)]);
    const all = (name: string) => [[name, name, name], [name, name], { b: name, c: name }, [name, name]];
    expect(first).toEqual(all('first'));
    expect(second).toEqual(all('second'));
  });
});
