import { describe, expect, test } from 'vitest';
import { type GraphResult, type NodeFunction, RunBusyError } from '../../../src/orchestration/index.js';
import { memoryStore, type Store } from '../../../src/orchestration/memory-store/memory-store.js';
import { createManualClock } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { addOne, type Counter, changed, failing, line, rejection, start } from './counter.js';

expectNothingUnhandled();

describe('the lease of a run', () => {
  /** A run that waits in node b until it is let go. */
  function waiting(options: { leaseMs?: number } = {}, store: Pick<Store, 'checkpoints'> = memoryStore()) {
    const clock = createManualClock();
    let letGo = () => {};
    let reached = () => {};
    const inside = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let first = true;
    let signal: AbortSignal | undefined;
    const b: NodeFunction<Counter> = async (state, context) => {
      if (!first) return addOne(state, context);
      first = false;
      signal = context.signal;
      reached();
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return addOne(state, context);
    };
    const graph = line({ runtime: clock, checkpoints: { store, leaseMs: 300, preserve: true, ...options } }, { b });
    const run = graph.run(start());
    run.catch(() => {});
    return { clock, graph, run, store, inside, letGo: () => letGo(), signal: () => signal };
  }

  test('refuses the run to others while it is worked on', async () => {
    const { graph, inside, letGo, run } = waiting();
    await inside;
    const error = await rejection(graph.resume('r'));
    expect(error).toBeInstanceOf(RunBusyError);
    expect(error.message).toBe(
      'run r: another worker has it until at least 1970-01-01T00:00:00.300Z; wait, or pass takeOver: true',
    );
    letGo();
    expect((await run).path).toEqual(['a', 'b', 'c']);
  });

  test('of two resumes at once is had by one', async () => {
    const b = failing();
    const graph = line({ checkpoints: { store: memoryStore(), preserve: true } }, { b });
    await rejection(graph.run(start()));
    b.broken = false;
    const ends = await Promise.allSettled([graph.resume('r'), graph.resume('r')]);
    const lost = ends.filter((end): end is PromiseRejectedResult => end.status === 'rejected');
    expect(lost).toHaveLength(1);
    expect(lost[0]?.reason).toBeInstanceOf(RunBusyError);
  });

  test('is renewed while a node takes its time', async () => {
    const { clock, graph, inside, letGo, run, store } = waiting();
    await inside;
    await clock.advance(10_000);
    expect((await store.checkpoints.find('r'))?.leasedUntil).toBe(10_300);
    expect(await rejection(graph.resume('r'))).toBeInstanceOf(RunBusyError);
    letGo();
    await run;
    expect(clock.pendingTimers).toBe(0);
  });

  test('that was taken over stops the worker that had it, and refuses what it still writes', async () => {
    const { clock, graph, inside, letGo, run, signal, store } = waiting();
    await inside;
    const second: GraphResult<Counter> = await graph.resume('r', { takeOver: true });
    expect(second.state.data).toEqual({ count: 3 });
    expect(signal()?.aborted).toBe(false);
    await clock.advance(100);
    expect(signal()?.reason).toBeInstanceOf(RunBusyError);
    letGo();
    const error = await rejection(run);
    expect(error).toBeInstanceOf(RunBusyError);
    expect(error.message).toBe(
      'run r: lease 1 is no longer held: it was released, or another worker took the run over',
    );
    expect(await store.checkpoints.history('r')).toHaveLength(4);
    expect((await store.checkpoints.find('r'))?.status).toBe('completed');
    expect(clock.pendingTimers).toBe(0);
  });

  test('that was lost unnoticed refuses the late completion', async () => {
    const { graph, inside, letGo, run, store } = waiting();
    await inside;
    await graph.resume('r', { takeOver: true });
    letGo();
    expect(await rejection(run)).toBeInstanceOf(RunBusyError);
    expect((await graph.stateAt('r')).data).toEqual({ count: 3 });
    expect((await store.checkpoints.find('r'))?.status).toBe('completed');
  });

  test('stops a worker that obeys its signal at once', async () => {
    const clock = createManualClock();
    const store = memoryStore();
    let reached = () => {};
    const inside = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const b: NodeFunction<Counter> = (_state, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        reached();
      });
    const run = line({ runtime: clock, checkpoints: { store, leaseMs: 300 } }, { b }).run(start());
    run.catch(() => {});
    await inside;
    await line({ checkpoints: { store } }).resume('r', { takeOver: true });
    await clock.advance(100);
    expect(await rejection(run)).toBeInstanceOf(RunBusyError);
  });

  test('is tried again when its renewal fails for another reason', async () => {
    let failures = 0;
    const store = changed(({ renew }) => ({
      renew: (lease, until) => {
        failures += 1;
        return failures === 1 ? Promise.reject(new Error('busy')) : renew(lease, until);
      },
    }));
    const { clock, inside, letGo, run } = waiting({}, store);
    await inside;
    await clock.advance(250);
    expect(failures).toBe(2);
    letGo();
    expect((await run).iterations).toBe(3);
  });

  test('that ended is given to the next', async () => {
    const { clock, graph, inside, letGo, run, store } = waiting();
    await inside;
    const { checkpoints } = store;
    // As if the process had died: nobody renews.
    await expect(checkpoints.acquire('r', { now: 299, until: 900, takeOver: false })).rejects.toThrow(RunBusyError);
    await checkpoints.acquire('r', { now: 300, until: 301, takeOver: false });
    letGo();
    await rejection(run);
    await clock.advance(400);
    expect((await graph.resume('r')).path).toEqual(['a', 'b', 'c']);
  });

  test('is had before the run is read: what another worker did until then is not done again', async () => {
    const store = memoryStore();
    const broken = failing();
    await rejection(line({ checkpoints: { store } }, { b: broken }).run(start()));
    const { acquire } = store.checkpoints;
    const slow = {
      checkpoints: {
        ...store.checkpoints,
        acquire: async (...args: Parameters<typeof acquire>) => {
          await rejection(line({ checkpoints: { store } }, { c: failing() }).resume('r'));
          return acquire(...args);
        },
      },
    };
    const b: NodeFunction<Counter> = () => expect.unreachable('b is done');
    const { path, state } = await line({ checkpoints: { store: slow } }, { b }).resume('r');
    expect([path, state.data]).toEqual([['a', 'b', 'c'], { count: 3 }]);
  });

  test('is given back when a run cannot be loaded after all', async () => {
    const store = memoryStore();
    await rejection(line({ checkpoints: { store } }, { b: failing() }).run(start()));
    let loads = 0;
    const { load } = store.checkpoints;
    const broken = {
      checkpoints: {
        ...store.checkpoints,
        load: (...args: Parameters<typeof load>) => {
          loads += 1;
          return loads === 2 ? Promise.reject(new Error('gone')) : load(...args);
        },
      },
    };
    await expect(line({ checkpoints: { store: broken } }).resume('r')).rejects.toThrow('gone');
    expect((await line({ checkpoints: { store } }).resume('r')).iterations).toBe(3);
  });

  test('is given back, too, when what was loaded cannot be read, and the key is named', async () => {
    let loads = 0;
    const store = changed(({ load }) => ({
      load: async (...args) => {
        const checkpoint = await load(...args);
        loads += 1;
        return checkpoint && loads > 1 ? { ...checkpoint, values: [['count', '{']] } : checkpoint;
      },
    }));
    await rejection(line({ checkpoints: { store } }, { b: failing() }).run(start()));
    const broken = await rejection(line({ checkpoints: { store } }).resume('r'));
    expect(broken).toMatchObject({ code: 'CHORALE_CHECKPOINT', cause: expect.any(SyntaxError) });
    expect(broken.message).toBe('run r: the checkpoint of iteration 1 cannot be read: count is not JSON');
    expect((await store.checkpoints.find('r'))?.leasedUntil).toBe(0);
    await expect(line({ checkpoints: { store } }).stateAt('r')).rejects.toThrow('count is not JSON');
  });
});
