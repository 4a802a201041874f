import { expect, test } from 'vitest';
import { sleep } from '../../src/foundation/abort.js';
import { createManualClock } from '../../src/testing/index.js';

test('time stands still until it is told to go on', async () => {
  const clock = createManualClock({ epochMs: 1_000 });
  expect([clock.now(), clock.wallTime()]).toEqual([0, 1_000]);
  await clock.advance(2.5);
  expect([clock.now(), clock.wallTime()]).toEqual([2.5, 1_002.5]);
});

test('timers fire in the order in which they are due, and see their own time', async () => {
  const clock = createManualClock();
  const fired: string[] = [];
  for (const [name, delayMs] of [
    ['c', 30],
    ['a', 10],
    ['b', 10],
    ['now', 0],
    ['late', 31],
  ] as const) {
    clock.setTimer(delayMs, () => void fired.push(`${name}@${clock.now()}`));
  }
  await clock.advance(30);
  expect(fired).toEqual(['now@0', 'a@10', 'b@10', 'c@30']);
  expect(clock.pendingTimers).toBe(1);
});

test('promise chains settle between timers, so that the timers they set count from there', async () => {
  const clock = createManualClock();
  const seen: number[] = [];
  const worker = async () => {
    for (let i = 0; i < 3; i += 1) {
      await sleep(clock, 10);
      await Promise.resolve().then(() => Promise.resolve());
      seen.push(clock.now());
    }
  };
  void worker();
  await clock.advance(100);
  expect(seen).toEqual([10, 20, 30]);
  expect(clock.now()).toBe(100);
});

test('a cancelled timer does not fire', async () => {
  const clock = createManualClock();
  let fired = false;
  const cancel = clock.setTimer(10, () => {
    fired = true;
  });
  cancel();
  await clock.advance(10);
  expect(fired).toBe(false);
});

test('time can be let to the end of all timers', async () => {
  const clock = createManualClock();
  clock.setTimer(10, () => void clock.setTimer(15, () => {}));
  await clock.advanceToEnd();
  expect([clock.now(), clock.pendingTimers]).toEqual([25, 0]);
});

test('processor count and chance are fixed', () => {
  expect(createManualClock().cpuCount()).toBe(4);
  expect(createManualClock({ cpuCount: 3 }).cpuCount()).toBe(3);
  expect(createManualClock({ random: () => 0.25 }).random()).toBe(0.25);
  const draw = (seed: number) => {
    const { random } = createManualClock({ seed });
    return Array.from({ length: 1_000 }, random);
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  for (const number of draw(7)) expect(number >= 0 && number < 1).toBe(true);
});

test('turns come by themselves, and no time passes', async () => {
  const clock = createManualClock();
  const cancel = clock.nextTurn(() => expect.fail('called'));
  cancel();
  await new Promise<void>((resolve) => void clock.nextTurn(resolve));
  expect([clock.now(), clock.pendingTimers]).toEqual([0, 0]);
});

test('signals come when they are told, to those who listen to them', () => {
  const clock = createManualClock();
  const heard: string[] = [];
  const release = clock.onSignal(['SIGINT', 'SIGTERM'], (name) => void heard.push(`first ${name}`));
  clock.onSignal(['SIGTERM'], (name) => void heard.push(`second ${name}`));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) clock.emitSignal(name);
  expect(heard).toEqual(['first SIGINT', 'first SIGTERM', 'second SIGTERM']);
  release();
  clock.emitSignal('SIGTERM');
  expect(heard).toEqual(['first SIGINT', 'first SIGTERM', 'second SIGTERM', 'second SIGTERM']);
  expect(clock.signalListeners).toBe(1);
});
