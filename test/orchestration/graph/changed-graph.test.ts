import { describe, expect, test } from 'vitest';
import {
  InvalidOptionError,
  type NodeFunction,
  RunMismatchError,
  StateGraph,
} from '../../../src/orchestration/index.js';
import { memoryStore, type Store } from '../../../src/orchestration/memory-store/memory-store.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { addOne, type Counter, failing, rejection, start } from './counter.js';

expectNothingUnhandled();

/** The nodes in a line. */
function lineOf(store: Store, nodes: Readonly<Record<string, NodeFunction<Counter>>>, version = '') {
  const graph = new StateGraph<Counter>({ name: 'g', version, checkpoints: { store, preserve: true } });
  const names = Object.keys(nodes);
  for (const [name, node] of Object.entries(nodes)) graph.addNode(name, node);
  for (const [index, name] of names.slice(1).entries()) graph.addEdge(names[index] ?? '', name);
  return graph
    .setEntryPoint(names[0] ?? '')
    .setExitPoint(names.at(-1) ?? '')
    .compile();
}

async function stoppedAfterA(store: Store) {
  await rejection(lineOf(store, { a: addOne, b: failing(), c: addOne }).run(start()));
}

describe('a run of a graph that has changed since', () => {
  test('is refused by default, and the error names the option', async () => {
    const store = memoryStore();
    await stoppedAfterA(store);
    const changed = lineOf(store, { a: addOne, check: addOne, c: addOne });
    for (const options of [{}, { onMismatch: 'refuse' as const }]) {
      const error = await rejection(changed.resume('r', options));
      expect(error).toBeInstanceOf(RunMismatchError);
      expect(error.message).toMatch(/have changed since it was saved.*or pass onMismatch: 'accept'$/);
    }
  });

  test('continues after the nodes that it has passed, by the new edges, and belongs to the new graph', async () => {
    const store = memoryStore();
    await stoppedAfterA(store);
    const broken = failing();
    const changed = lineOf(store, { a: () => expect.unreachable(), check: addOne, more: broken, c: addOne }, '2');
    expect((await rejection(changed.resume('r', { onMismatch: 'accept' }))).message).toMatch(/'more' failed/);
    broken.broken = false;
    const { path, state } = await changed.resume('r');
    expect([path, state.get('count')]).toEqual([['a', 'check', 'more', 'c'], 4]);
  });

  test('is refused where the graph no longer has a node that it has passed', async () => {
    const store = memoryStore();
    await stoppedAfterA(store);
    const error = await rejection(lineOf(store, { b: addOne, c: addOne }).resume('r', { onMismatch: 'accept' }));
    expect(error).toBeInstanceOf(RunMismatchError);
    expect(error.message).toBe("run r: it has passed 'a', which graph 'g' no longer has");
    expect(await store.checkpoints.find('r')).toMatchObject({ status: 'failed', leasedUntil: 0 });
  });

  test('is not confused with a run of another graph', async () => {
    const store = memoryStore();
    await stoppedAfterA(store);
    const other = new StateGraph<Counter>({ name: 'other', checkpoints: { store } })
      .addNode('a', addOne)
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile();
    expect((await rejection(other.resume('r', { onMismatch: 'accept' }))).message).toMatch(/a run of graph 'g'/);
  });
});

test('onMismatch has two values', async () => {
  const graph = lineOf(memoryStore(), { a: addOne });
  const options = { onMismatch: 'ignore' } as unknown as { onMismatch: 'accept' };
  expect(await rejection(graph.resume('r', options))).toBeInstanceOf(InvalidOptionError);
});
