import { expect, test, vi } from 'vitest';
import { Conductor, type ConductorOptions, type Process } from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';

const good: Process = {
  name: 'good',
  run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  stop() {},
};
const quick: Process = { name: 'quick', run() {}, stop() {} };
const bad: Process = {
  name: 'bad',
  run: () => Promise.reject(new TypeError('boom')),
  stop: () => Promise.reject(new Error('stuck')),
};
const deaf: Process = { name: 'deaf', run: () => new Promise(() => {}), stop() {} };

async function record(
  processes: readonly Process[],
  options: ConductorOptions = {},
  signals: readonly string[] = [],
  passMs = 0,
) {
  const clock = createManualClock({ epochMs: 7 });
  const observer = createRecordingObserver();
  const lines: unknown[] = [];
  const logger = { info: (fields: object, message: string) => void lines.push([message, fields]) };
  const conductor = new Conductor(processes, { runtime: clock, observer, logger, ...options }).run();
  for (const name of signals) {
    await clock.advance(0);
    clock.emitSignal(name);
  }
  if (passMs > 0) await clock.advance(passMs);
  const end = await conductor.thenStop();
  expect(new Set(observer.events.map(({ source }) => source))).toEqual(new Set([options.name ?? 'conductor']));
  expect(observer.events.every(({ timestamp }) => timestamp >= 7)).toBe(true);
  return { events: observer.events.map(({ type, data }) => [type, data]), lines, end };
}

const start = { signals: ['SIGINT', 'SIGTERM'], stop_timeout_ms: 5_000 };
const fine = { error: false };

test('the events and messages of processes that return', async () => {
  const { events, lines } = await record([quick, { ...quick, name: 'second' }], { name: 'shop', signals: [] });
  expect(events).toEqual([
    ['conductor.start', { ...start, signals: [], process_count: 2 }],
    ['conductor.process.start', { process: 'quick' }],
    ['conductor.process.start', { process: 'second' }],
    ['conductor.process.complete', { process: 'quick', ...fine }],
    ['conductor.process.complete', { process: 'second', ...fine }],
    ['conductor.complete', { outcome: 'returned', unfinished: [], ...fine }],
  ]);
  expect(lines).toEqual([
    ['initializing conductor engine', {}],
    ['starting process', { process: 'quick' }],
    ['starting process', { process: 'second' }],
  ]);
});

test('the events and messages of a failure', async () => {
  const { events, lines } = await record([good, bad], { stopTimeoutMs: Number.POSITIVE_INFINITY });
  const boom = { error: true, error_type: 'TypeError', message: 'boom' };
  expect(events).toEqual([
    ['conductor.start', { ...start, stop_timeout_ms: null, process_count: 2 }],
    ['conductor.process.start', { process: 'good' }],
    ['conductor.process.start', { process: 'bad' }],
    ['conductor.process.complete', { process: 'bad', ...boom }],
    ['conductor.stop_signal', { signal: null, process: 'bad', forced: false }],
    ['conductor.process.complete', { process: 'good', ...fine }],
    ['conductor.stopping', { process: 'good' }],
    ['conductor.stopping', { process: 'bad' }],
    ['conductor.stopped', { process: 'good', ...fine }],
    ['conductor.stopped', { process: 'bad', error: true, error_type: 'Error', message: 'stuck' }],
    ['conductor.complete', { outcome: 'failed', unfinished: [], ...boom }],
  ]);
  expect(lines).toEqual([
    ['initializing conductor engine', {}],
    ['starting process', { process: 'good' }],
    ['starting process', { process: 'bad' }],
    ['received stop signal, stopping all processes', { process: 'bad' }],
    ['stopping process', { process: 'good' }],
    ['stopping process', { process: 'bad' }],
    ['stopped process', { process: 'good' }],
    ['stopped process', { process: 'bad' }],
  ]);
});

test('the events and messages of a signal', async () => {
  const { events, lines } = await record([good], {}, ['SIGTERM']);
  expect(events).toEqual([
    ['conductor.start', { ...start, process_count: 1 }],
    ['conductor.process.start', { process: 'good' }],
    ['conductor.stop_signal', { signal: 'SIGTERM', process: null, forced: false }],
    ['conductor.process.complete', { process: 'good', ...fine }],
    ['conductor.stopping', { process: 'good' }],
    ['conductor.stopped', { process: 'good', ...fine }],
    ['conductor.complete', { outcome: 'interrupted', unfinished: [], ...fine }],
  ]);
  expect(lines).toEqual([
    ['initializing conductor engine', {}],
    ['starting process', { process: 'good' }],
    ['received stop signal, stopping all processes', { signal: 'SIGTERM' }],
    ['stopping process', { process: 'good' }],
    ['stopped process', { process: 'good' }],
  ]);
});

const lateBy = (limit: string) => ({
  error: true,
  error_type: 'CHORALE_PROCESS_UNFINISHED',
  message: `process 'deaf' did not end ${limit}: run() not settled`,
});

test('the events and messages of a second signal', async () => {
  const { events, lines } = await record([quick, deaf], {}, ['SIGINT', 'SIGTERM']);
  const late = lateBy('before a second SIGTERM came');
  expect(events).toEqual([
    ['conductor.start', { ...start, process_count: 2 }],
    ['conductor.process.start', { process: 'quick' }],
    ['conductor.process.start', { process: 'deaf' }],
    ['conductor.process.complete', { process: 'quick', ...fine }],
    ['conductor.stop_signal', { signal: 'SIGINT', process: null, forced: false }],
    ['conductor.stopping', { process: 'quick' }],
    ['conductor.stopping', { process: 'deaf' }],
    ['conductor.stopped', { process: 'quick', ...fine }],
    ['conductor.stop_signal', { signal: 'SIGTERM', process: null, forced: true }],
    ['conductor.process.complete', { process: 'deaf', ...late }],
    ['conductor.stopped', { process: 'deaf', ...late }],
    ['conductor.complete', { outcome: 'interrupted', unfinished: ['deaf'], ...late }],
  ]);
  expect(lines.slice(3)).toEqual([
    ['received stop signal, stopping all processes', { signal: 'SIGINT' }],
    ['stopping process', { process: 'quick' }],
    ['stopping process', { process: 'deaf' }],
    ['stopped process', { process: 'quick' }],
  ]);
});

test('the events of a cancellation by the caller, and of a budget that ran out', async () => {
  const { events, lines } = await record([deaf], { signal: AbortSignal.abort() });
  const cancelled = { signal: null, process: null, forced: false };
  expect(events).toEqual([
    ['conductor.start', { ...start, process_count: 1 }],
    ['conductor.stop_signal', cancelled],
    ['conductor.complete', { outcome: 'aborted', unfinished: [], ...fine }],
  ]);
  expect(lines).toEqual([
    ['initializing conductor engine', {}],
    ['received stop signal, stopping all processes', {}],
  ]);
  const late = lateBy('within 5000 ms (stopTimeoutMs)');
  const { events: ofBudget } = await record([deaf], {}, ['SIGINT'], 5_000);
  expect(ofBudget.slice(2)).toEqual([
    ['conductor.stop_signal', { signal: 'SIGINT', process: null, forced: false }],
    ['conductor.stopping', { process: 'deaf' }],
    ['conductor.process.complete', { process: 'deaf', ...late }],
    ['conductor.stopped', { process: 'deaf', ...late }],
    ['conductor.complete', { outcome: 'interrupted', unfinished: ['deaf'], ...late }],
  ]);
});

test('the events of a cancellation by the caller while the processes run', async () => {
  const stop = new AbortController();
  const ender: Process = { name: 'ender', run: async () => stop.abort(new Error('enough')), stop() {} };
  const { events } = await record([good, ender, quick], { signal: stop.signal });
  expect(events).toEqual([
    ['conductor.start', { ...start, process_count: 3 }],
    ['conductor.process.start', { process: 'good' }],
    ['conductor.process.start', { process: 'ender' }],
    ['conductor.stop_signal', { signal: null, process: null, forced: false }],
    ['conductor.process.complete', { process: 'good', ...fine }],
    ['conductor.process.complete', { process: 'ender', ...fine }],
    ['conductor.stopping', { process: 'good' }],
    ['conductor.stopping', { process: 'ender' }],
    ['conductor.stopped', { process: 'good', ...fine }],
    ['conductor.stopped', { process: 'ender', ...fine }],
    ['conductor.complete', { outcome: 'aborted', unfinished: [], ...fine }],
  ]);
});

test('an observer or a logger that throws changes nothing', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const { end } = await record([quick], {
    logger: {
      info() {
        throw new Error('disk full');
      },
    },
  });
  expect(end).toEqual({ outcome: 'returned', forced: false, unfinished: [] });
  const conductor = new Conductor([quick], {
    signals: [],
    observer: {
      onEvent() {
        throw new Error('no');
      },
    },
  });
  expect((await conductor.run().thenStop()).outcome).toBe('returned');
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    'a logger threw and is ignored from now on: disk full',
    'an observer threw and is ignored from now on: no',
  ]);
  warn.mockRestore();
});
