import { describe, expect, test } from 'vitest';
import { ModelBusyError, ModelRejectedError, ModelUnavailableError } from '../../../src/model/model-errors.js';
import type { Pool } from '../../../src/model/pool/pool.js';
import type { LimitChange, Limiter, LimiterSample } from '../../../src/orchestration/parallel/limiter.js';
import { call, poolOver, watch } from './pool-over.js';
import { about } from './slot-host.js';

const question = about('it works');

/** A limiter whose limit is what the test says. */
function limiterOf(limit: number) {
  const listeners = new Set<(change: LimitChange) => void>();
  const limiter = {
    limit,
    inFlight: 0,
    most: 0,
    samples: [] as LimiterSample[],
    listeners,
    start() {
      limiter.inFlight += 1;
      limiter.most = Math.max(limiter.most, limiter.inFlight);
    },
    finish(sample: LimiterSample) {
      limiter.inFlight -= 1;
      limiter.samples.push(sample);
    },
    onChange(listener: (change: LimitChange) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    change(to: number) {
      const from = limiter.limit;
      limiter.limit = to;
      for (const listener of listeners) listener({ from, to, reason: 'the test says so' });
    },
  };
  return limiter satisfies Limiter;
}

const slow = () => ({ text: 'positive', latencyMs: 100 });

describe('with limiters', () => {
  test('only hosts with room are asked; the others wait in the order of their calls', async () => {
    const limiters = [limiterOf(1), limiterOf(2)];
    const { pool, clock } = poolOver(limiters.map((limiter) => ({ script: slow, limiter })));
    const ends: number[] = [];
    const all = Promise.all([0, 1, 2, 3, 4, 5, 6].map((n) => pool.ask(question, call).then(() => ends.push(n))));
    await clock.advance(0);
    expect(limiters.map(({ inFlight }) => inFlight)).toEqual([1, 2]);
    await clock.advance(300);
    await all;
    expect(ends).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(limiters.map(({ most, inFlight }) => [most, inFlight])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(pool.metrics().map(({ limit, in_flight_max }) => [limit, in_flight_max])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test('a limit that grows lets the next one in', async () => {
    const limiter = limiterOf(1);
    const { pool, clock, models } = poolOver([{ script: slow, limiter }]);
    const all = Promise.all([pool.ask(question, call), pool.ask(question, call), pool.ask(question, call)]);
    await clock.advance(0);
    expect(models[0]?.inFlight).toBe(1);
    limiter.change(2);
    await clock.advance(0);
    expect(models[0]?.inFlight).toBe(2);
    await clock.advance(200);
    await all;
    await pool.close();
    expect(limiter.listeners.size).toBe(0);
  });

  test('one that waits may be aborted, and takes nothing', async () => {
    const limiter = limiterOf(1);
    const { pool, clock, models } = poolOver([{ script: slow, limiter }]);
    const stopped = new AbortController();
    const first = pool.ask(question, call);
    const second = watch(pool.ask(question, { signal: stopped.signal }));
    const third = pool.ask(question, call);
    await clock.advance(0);
    const reason = new Error('enough');
    stopped.abort(reason);
    await clock.advance(200);
    await Promise.all([first, third]);
    expect(second.error).toBe(reason);
    expect(models[0]?.requests).toHaveLength(2);
    expect(limiter.inFlight).toBe(0);
  });

  test('they learn how each question went', async () => {
    const limiter = limiterOf(9);
    const durations = { totalMs: 100, firstTokenMs: null, queueMs: 30, loadMs: null };
    const script = [
      { ...slow(), durations },
      { error: new ModelBusyError(429, 'slow down', null), latencyMs: 5 },
      { error: new ModelRejectedError(400, 'no'), latencyMs: 7 },
      { gate: new Promise(() => {}) },
    ];
    const { pool, clock } = poolOver([{ script, limiter }]);
    const stopped = new AbortController();
    for (const _ of script) pool.ask(question, { signal: stopped.signal }).catch(() => {});
    await clock.advance(100);
    stopped.abort();
    await clock.advance(0);
    expect(limiter.samples).toEqual([
      { latencyMs: 5, queueMs: null, outcome: 'overloaded' },
      { latencyMs: 7, queueMs: null, outcome: 'failed' },
      { latencyMs: 100, queueMs: 30, outcome: 'ok' },
      { latencyMs: 100, queueMs: null, outcome: 'cancelled' },
    ]);
  });

  test('a question that a host failed goes before those that wait already', async () => {
    const gone = new ModelUnavailableError('http://a', 'connection refused');
    const limiters = [limiterOf(1), limiterOf(1)];
    const { pool, clock } = poolOver([
      { script: () => ({ error: gone, latencyMs: 50 }), limiter: limiters[0] as Limiter },
      { script: slow, limiter: limiters[1] as Limiter },
    ]);
    const ends: string[] = [];
    const all = ['failed', 'working', 'waiting'].map((name) => pool.ask(question, call).then(() => ends.push(name)));
    await clock.advance(1_000);
    await Promise.all(all);
    expect(ends).toEqual(['working', 'failed', 'waiting']);
    await pool.close();
  });
});

/** Work that the pool admitted, until `leave` ends it. */
function enter(pool: Pool, signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve, reject) => {
    pool.admit(signal, () => new Promise<void>((leave) => resolve(leave))).catch(reject);
  });
}

describe('admission', () => {
  test('lets everybody in at once where there is no limit', async () => {
    const { pool } = poolOver([{}, { limiter: limiterOf(1) }]);
    for (let time = 0; time < 100; time += 1) await enter(pool, call.signal);
  });

  test('lets as many in as the hosts have room for, in the order of the calls', async () => {
    const limiters = [limiterOf(1), limiterOf(2)];
    const { pool, clock } = poolOver(limiters.map((limiter) => ({ limiter })));
    const inside: number[] = [];
    const leaves: (() => void)[] = [];
    for (const n of [0, 1, 2, 3, 4, 5]) {
      void enter(pool, call.signal).then((leave) => {
        inside.push(n);
        leaves.push(leave);
      });
    }
    await clock.advance(0);
    expect(inside).toEqual([0, 1, 2]);
    leaves[1]?.();
    leaves[1]?.();
    await clock.advance(0);
    expect(inside).toEqual([0, 1, 2, 3]);
    limiters[0]?.change(2);
    await clock.advance(0);
    expect(inside).toEqual([0, 1, 2, 3, 4]);
    limiters[0]?.change(1);
    leaves[0]?.();
    await clock.advance(0);
    expect(inside).toHaveLength(5);
    for (const leave of leaves) leave();
    await clock.advance(0);
    expect(inside).toHaveLength(6);
    leaves[5]?.();
  });

  test('keeps one that is aborted out, and takes nothing for it', async () => {
    const { pool, clock } = poolOver([{ limiter: limiterOf(1) }]);
    const leave = await enter(pool, call.signal);
    const stopped = new AbortController();
    const waiting = watch(enter(pool, stopped.signal));
    const next = watch(enter(pool, call.signal));
    const reason = new Error('enough');
    stopped.abort(reason);
    await clock.advance(0);
    expect(waiting.error).toBe(reason);
    await expect(enter(pool, stopped.signal)).rejects.toBe(reason);
    leave();
    await clock.advance(0);
    next.value?.();
    expect(next.state).toBe('resolved');
  });

  test('counts only hosts that are up, and opens when one comes back', async () => {
    let down = true;
    const onPrepare = () => {
      if (down) throw new ModelUnavailableError('http://a', 'connection refused');
    };
    const { pool, clock } = poolOver([{ onPrepare, limiter: limiterOf(3) }, { limiter: limiterOf(1) }]);
    await pool.prepare(question, call);
    const entered = Array.from({ length: 3 }, () => watch(enter(pool, call.signal)));
    await clock.advance(1_000);
    expect(entered.map(({ state }) => state)).toEqual(['resolved', 'pending', 'pending']);
    down = false;
    await clock.advance(2_000);
    // The host on trial has room for one.
    expect(entered.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'pending']);
    const answers = [pool.ask(question, call), pool.ask(question, call)];
    await Promise.all(answers);
    await clock.advance(0);
    expect(entered.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved']);
    for (const { value: leave } of entered) leave?.();
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('is shut while no host is up, for 60 s at most; then what comes in fails', async () => {
    const gone = new ModelUnavailableError('http://a', 'connection refused');
    const onPrepare = () => {
      throw gone;
    };
    const { pool, clock } = poolOver([{ script: () => gone, onPrepare, limiter: limiterOf(1) }]);
    await pool.ask(question, call).catch(() => {});
    const waiting = [1, 2].map(() => watch(enter(pool, call.signal)));
    await clock.advance(59_999);
    expect(waiting.map(({ state }) => state)).toEqual(['pending', 'pending']);
    await clock.advance(1);
    expect(waiting.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
    await expect(pool.ask(question, call)).rejects.toBe(gone);
    for (const { value: leave } of waiting) leave?.();
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
