import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRetryable } from '../../../src/foundation/errors/chorale-error.js';
import { defaultRetryPolicy, retry } from '../../../src/foundation/retry.js';
import { createPool } from '../../../src/model/pool/pool.js';
import { streamParallel } from '../../../src/orchestration/index.js';
import type { Limiter } from '../../../src/orchestration/parallel/limiter.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { about, type SlotHost, slotHost } from '../../model/pool/slot-host.js';

const patience = { timeout: 120_000 };

const hostPlan = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  serviceMs: fc.integer({ min: 1, max: 20 }),
  /** Questions that a limiter lets it have; undefined: no limiter. */
  limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  dead: fc.boolean(),
  /** Dies and comes back, in turn, after these pauses. */
  lives: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 5 }),
});

const scenario = fc.record({
  hosts: fc.array(hostPlan, { minLength: 1, maxLength: 4 }),
  items: fc.integer({ min: 0, max: 40 }),
  workers: fc.integer({ min: 1, max: 12 }),
  gate: fc.boolean(),
  prepare: fc.boolean(),
  abortAtMs: fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined, freq: 3 }),
  seed: fc.integer(),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

function fixedLimit(limit: number) {
  const limiter = {
    limit,
    inFlight: 0,
    most: 0,
    start() {
      limiter.inFlight += 1;
      limiter.most = Math.max(limiter.most, limiter.inFlight);
    },
    finish() {
      limiter.inFlight -= 1;
    },
    onChange: () => () => {},
  };
  return limiter satisfies Limiter;
}

function livesOf(host: SlotHost, { dead, lives }: Scenario['hosts'][number], setTimer: SetTimer): void {
  let alive = !dead;
  let at = 0;
  for (const pause of lives) {
    at += pause;
    setTimer(at, () => {
      alive = !alive;
      if (alive) host.revive();
      else host.kill();
    });
  }
}

type SetTimer = (delayMs: number, callback: () => void) => unknown;

async function play(given: Scenario) {
  const { hosts: plans, items, workers, gate, abortAtMs, seed } = given;
  const clock = createManualClock({ seed });
  const observer = createRecordingObserver();
  const hosts = plans.map((plan, index) => slotHost(`http://${index}`, { ...plan, clock }));
  const limiters = plans.map(({ limit }) => (limit === undefined ? undefined : fixedLimit(limit)));
  const upstreams = hosts.map((model, index) => ({ server: model.server, model, limiter: limiters[index] }));
  const pool = createPool({ upstreams, runtime: clock, observer, upTimeoutMs: 5_000 });
  hosts.forEach((host, index) => {
    const plan = plans[index];
    if (plan) livesOf(host, plan, clock.setTimer);
  });
  const stopped = new AbortController();
  if (abortAtMs !== undefined) clock.setTimer(abortAtMs, () => stopped.abort('enough'));
  const sentTwice: string[] = [];
  let sends = 0;

  async function ask(subject: string, signal: AbortSignal): Promise<string> {
    const classify = async () => {
      const operation = async () => {
        const servers = new Set<string>();
        const onSend = async (server: string) => {
          sends += 1;
          if (servers.has(server)) sentTwice.push(subject);
          servers.add(server);
        };
        return pool.ask(about(subject), { signal, onSend });
      };
      return (await retry(operation, { policy: defaultRetryPolicy, runtime: clock, signal })).text;
    };
    return gate ? pool.admit(signal, classify) : classify();
  }

  async function run() {
    const outcomes = [];
    if (given.prepare) await pool.prepare(about(''), { signal: stopped.signal }).catch(() => {});
    const subjects = Array.from({ length: items }, (_, index) => String(index));
    const options = { concurrency: workers, failFast: false, signal: stopped.signal, runtime: clock };
    try {
      const stream = streamParallel(subjects, (subject, { signal }) => ask(subject, signal), options);
      for await (const outcome of stream) outcomes.push(outcome);
    } catch (error) {
      expect(error).toBe('enough');
    }
    return outcomes;
  }

  const running = run();
  await clock.advanceToEnd();
  const outcomes = await running;
  const pendingTimers = clock.pendingTimers;
  await pool.close();
  return { outcomes, pool, hosts, limiters, sentTwice, sends, pendingTimers, observer };
}

test('no item is lost, doubled or out of order, whatever hosts die and come back when', patience, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { outcomes, pool, hosts, limiters, sentTwice, sends, pendingTimers } = await play(given);
      expect(outcomes.map(({ index }) => index)).toEqual(outcomes.map((_, place) => place));
      if (given.abortAtMs === undefined) expect(outcomes).toHaveLength(given.items);
      for (const outcome of outcomes) {
        if (outcome.status === 'ok') expect(outcome.value).toBe(`answer to ${outcome.item}`);
        if (outcome.status === 'failed') expect(isRetryable(outcome.error), String(outcome.error)).toBe(true);
      }
      expect(sentTwice).toEqual([]);
      const answers = outcomes.filter(({ status }) => status === 'ok').map(({ item }) => item);
      const answered = hosts.flatMap((host) => host.answered);
      expect(new Set(answered).size).toBe(answered.length);
      if (given.abortAtMs === undefined) expect(answered.toSorted()).toEqual(answers.toSorted());
      const figures = pool.metrics();
      expect(figures.map((figure) => figure.answered)).toEqual(hosts.map((host) => host.answered.length));
      const settled = figures.reduce((sum, figure) => sum + figure.answered + figure.failed, 0);
      if (given.abortAtMs === undefined) expect(settled).toBe(sends);
      expect(pendingTimers, 'timers when everything has ended').toBe(0);
      expect(hosts.map(({ inFlight }) => inFlight)).toEqual(hosts.map(() => 0));
      for (const limiter of limiters) {
        if (!limiter) continue;
        expect(limiter.inFlight).toBe(0);
        expect(limiter.most).toBeLessThanOrEqual(limiter.limit);
      }
    }),
    { numRuns: 60 },
  );
});

test(
  'with one host that never dies every item is answered, at most one question each to the others',
  patience,
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario, hostPlan, async (given, plan) => {
        const steady = { ...plan, dead: false, lives: [] };
        const hosts = [...given.hosts.slice(0, 3), steady];
        const { outcomes, sends } = await play({ ...given, hosts, abortAtMs: undefined });
        expect(outcomes.map(({ status }) => status)).toEqual(Array(given.items).fill('ok'));
        expect(sends).toBeLessThanOrEqual(given.items * hosts.length);
      }),
      { numRuns: 60 },
    );
  },
);

test('each time that a host goes down is told, and each time that it is back', patience, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { observer, pool } = await play(given);
      const state = new Map<string, string>();
      for (const { type, data } of observer.events) {
        if (type !== 'host.down' && type !== 'host.up') continue;
        expect(type, 'down and up take turns').not.toBe(state.get(data.server) ?? 'host.up');
        state.set(data.server, type);
      }
      for (const { server, up, down_count } of pool.metrics()) {
        expect(state.get(server) ?? 'host.up').toBe(up ? 'host.up' : 'host.down');
        const told = observer.ofType('host.down').filter(({ data }) => data.server === server);
        expect(told).toHaveLength(down_count);
      }
    }),
    { numRuns: 30 },
  );
});

test('a host that dies at a random moment costs nothing but time', patience, async () => {
  const plan = fc.record({
    diesAtMs: fc.integer({ min: 0, max: 2_000 }),
    comesBackAfterMs: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
    seed: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ diesAtMs, comesBackAfterMs, seed }) => {
      const clock = createManualClock({ seed });
      const [dying, steady] = ['http://dying', 'http://steady'].map((server) =>
        slotHost(server, { slots: 2, serviceMs: 20, clock }),
      ) as [SlotHost, SlotHost];
      const upstreams = [dying, steady].map((model) => ({ server: model.server, model }));
      const pool = createPool({ upstreams, runtime: clock });
      clock.setTimer(diesAtMs, () => dying.kill());
      if (comesBackAfterMs !== undefined) clock.setTimer(diesAtMs + comesBackAfterMs, () => dying.revive());
      const subjects = Array.from({ length: 300 }, (_, index) => String(index));
      const stream = streamParallel(
        subjects,
        (subject, { signal }) => pool.ask(about(subject), { signal }).then(({ text }) => ({ text, at: clock.now() })),
        { concurrency: 8, runtime: clock },
      );
      const answers: { readonly text: string; readonly at: number }[] = [];
      const reading = (async () => {
        for await (const outcome of stream) if (outcome.status === 'ok') answers.push(outcome.value);
      })();
      await clock.advanceToEnd();
      await reading;
      expect(answers.map(({ text }) => text)).toEqual(subjects.map((subject) => `answer to ${subject}`));
      // Until its death both work, then one: 300 items are 3000 ms for one of them.
      const alone = Math.max(1_500, 3_000 - Math.min(diesAtMs, 1_500));
      expect(Math.max(...answers.map(({ at }) => at))).toBeLessThan(alone + 150);
      await pool.close();
    }),
    { numRuns: 30 },
  );
});
