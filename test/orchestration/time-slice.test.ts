import { describe, expect, test } from 'vitest';
import { processChain, processParallel, StateGraph, streamParallel } from '../../src/orchestration/index.js';

/** Aborted by a timer, which fires only if the event loop gets a turn. */
function soon(): AbortSignal {
  return AbortSignal.timeout(5);
}

const timeout = { name: 'TimeoutError' };

describe('work that resolves without I/O lets timers fire', () => {
  function* endless() {
    for (let index = 0; ; index += 1) yield index;
  }

  test('in a stream over an endless source', async () => {
    const read = async () => {
      for await (const _ of streamParallel(endless(), (n) => n, { signal: soon() }));
    };
    await expect(read()).rejects.toMatchObject(timeout);
  });

  test('in a stream over an endless asynchronous source', async () => {
    async function* source() {
      yield* endless();
    }
    const read = async () => {
      for await (const _ of streamParallel(source(), async (n) => n, { signal: soon() }));
    };
    await expect(read()).rejects.toMatchObject(timeout);
  });

  test('in a stream that is left while it pauses', async () => {
    const outcomes = streamParallel(endless(), (n) => n);
    const until = performance.now() + 30;
    while (performance.now() < until) await outcomes.next();
    await expect(outcomes.return?.()).resolves.toMatchObject({ done: true });
  });

  test('in a parallel run', async () => {
    const items = Array.from({ length: 400_000 }, (_, index) => index);
    const run = processParallel(items, async (n) => n, { signal: soon() });
    await expect(run).rejects.toMatchObject({ cause: timeout });
  });

  test('in a chain', async () => {
    const items = Array.from({ length: 400_000 }, (_, index) => index);
    await expect(processChain(items, 0, (n) => n, { signal: soon() })).rejects.toMatchObject({ cause: timeout });
  });

  test('in a graph', async () => {
    const graph = new StateGraph<{ count: number }>({ name: 'endless', maxIterations: Number.MAX_SAFE_INTEGER })
      .addNode('turn', (state) => state.set('count', state.data.count + 1))
      .addNode('end', (state) => state)
      .addEdge('turn', 'end', () => false)
      .addEdge('turn', 'turn')
      .setEntryPoint('turn')
      .setExitPoint('end');
    const run = graph.compile().run({ count: 0 }, { signal: soon() });
    await expect(run).rejects.toMatchObject({ cause: timeout });
  });
});
