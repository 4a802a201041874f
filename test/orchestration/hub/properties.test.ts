import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/abort.js';
import { createHub, type Priority } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';

expectNothingUnhandled();

const agents = ['ada', 'bob', 'eve'] as const;
const agent = fc.constantFrom(...agents);
const priority = fc.constantFrom<Priority>('low', 'normal', 'high', 'critical');

/** What one sender does next. */
const action = fc.record({
  kind: fc.constantFrom('send', 'send', 'send', 'request', 'broadcast', 'publish'),
  to: agent,
  priority,
  /** How long the handler works; 0 for at once. */
  workMs: fc.nat(5),
  fails: fc.boolean(),
  /** When the sender gives up; 0 for never. */
  abortMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) }),
  pauseMs: fc.nat(3),
});
const traffic = fc.record({
  bufferSize: fc.integer({ min: 1, max: 4 }),
  /** One list of actions for each sender. */
  senders: fc.array(fc.array(action, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
});

interface Payload {
  readonly sender: number;
  readonly serial: number;
  readonly workMs: number;
  readonly fails: boolean;
}

test('random traffic keeps the order of each sender within a priority, and loses nothing', async () => {
  await fc.assert(
    fc.asyncProperty(traffic, async ({ bufferSize, senders }) => {
      const runtime = createManualClock();
      const hub = createHub<{
        agents: Record<(typeof agents)[number], Payload>;
        topics: { news: Payload };
        broadcast: Payload;
      }>({
        name: 'random',
        bufferSize,
        runtime,
        requestTimeoutMs: 12,
      });
      const seen = new Map<string, { serial: number; sender: number; priority: Priority }[]>();
      let inWork = 0;
      for (const name of agents) {
        seen.set(name, []);
        hub.register(name, async ({ data, priority }, { signal }) => {
          seen.get(name)?.push({ ...data, priority });
          inWork += 1;
          if (inWork > agents.length) throw new Error('more handlers than agents');
          try {
            if (data.workMs > 0) await sleep(runtime, data.workMs, signal);
            if (data.fails) throw new Error('boom');
            return 'done';
          } finally {
            inWork -= 1;
          }
        });
        if (name !== 'eve') hub.subscribe(name, 'news');
      }
      let accepted = 0;
      const kept: { to: string; sender: number; serial: number }[] = [];
      let turnedAway = 0;
      const run = senders.map(async (actions, sender) => {
        for (const [serial, { kind, to, priority, workMs, fails, abortMs, pauseMs }] of actions.entries()) {
          const data = { sender, serial, workMs, fails };
          const from = `sender ${sender}`;
          const controller = new AbortController();
          const { signal } = controller;
          const cancel = abortMs > 0 ? runtime.setTimer(abortMs, () => controller.abort('enough')) : () => {};
          const before = hub.metrics().waiting;
          expect(before).toBeLessThanOrEqual(senders.length * agents.length);
          try {
            if (kind === 'send') {
              await hub.send({ from, to, data, priority }, { signal });
              accepted += 1;
              kept.push({ to, sender, serial });
            }
            if (kind === 'request') await hub.request({ from, to, data, priority }, { signal });
            if (kind === 'broadcast') accepted += await hub.broadcast({ from, data, priority }, { signal });
            if (kind === 'publish') accepted += await hub.publish({ from, topic: 'news', data, priority }, { signal });
          } catch {
            turnedAway += 1;
          }
          cancel();
          if (pauseMs > 0) await sleep(runtime, pauseMs);
        }
      });
      let over = false;
      const all = Promise.all(run).then(() => {
        over = true;
      });
      while (!over) await runtime.advance(1);
      await all;
      const closing = hub.close({ timeoutMs: Number.POSITIVE_INFINITY });
      await runtime.advanceToEnd();
      await closing;

      for (const list of seen.values()) {
        for (let sender = 0; sender < senders.length; sender += 1) {
          for (const level of ['low', 'normal', 'high', 'critical']) {
            const serials = list
              .filter((one) => one.sender === sender && one.priority === level)
              .map(({ serial }) => serial);
            expect(serials).toEqual([...serials].sort((a, b) => a - b));
            expect(new Set(serials).size).toBe(serials.length);
          }
        }
      }
      for (const { to, ...sent } of kept) expect(seen.get(to)).toContainEqual(expect.objectContaining(sent));
      const metrics = hub.metrics();
      const { sent, delivered, discarded, handled, failed, cancelled } = metrics;
      expect(sent).toBe(delivered + discarded);
      expect(delivered).toBe(handled + failed + cancelled);
      expect(delivered).toBe([...seen.values()].reduce((sum, list) => sum + list.length, 0));
      expect(delivered).toBeGreaterThanOrEqual(accepted);
      if (turnedAway === 0) expect(discarded).toBe(0);
      expect(metrics).toMatchObject({ queued: 0, waiting: 0, inFlight: 0, pendingRequests: 0 });
      expect(runtime.pendingTimers).toBe(0);
      const sums = Object.values(metrics.agents);
      expect(sums.reduce((sum, one) => sum + one.sent, 0)).toBe(sent);
    }),
    { numRuns: 60 },
  );
});

test('messages that wait together are delivered by priority, then in the order of their sending', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(priority), fc.integer({ min: 1, max: 5 }), async (priorities, bufferSize) => {
      const hub = createHub<{ agents: { ada: number } }>({ name: 'random', bufferSize: bufferSize * 100 });
      const seen: number[] = [];
      hub.register('ada', ({ data }) => void seen.push(data));
      const sends = priorities.map((level, data) => hub.send({ from: 'x', to: 'ada', data, priority: level }));
      await Promise.all(sends);
      await hub.close();
      const rank = ['critical', 'high', 'normal', 'low'];
      const expected = [...priorities.keys()].sort(
        (a, b) => rank.indexOf(priorities[a] ?? '') - rank.indexOf(priorities[b] ?? '') || a - b,
      );
      expect(seen).toEqual(expected);
    }),
  );
});
