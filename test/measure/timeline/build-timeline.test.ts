import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TimedEvent, TimelineBuilder } from '../../../src/measure/timeline/build-timeline.js';
import { toChromeTrace } from '../../../src/measure/timeline/chrome-trace.js';
import { overlapOf, type Timeline } from '../../../src/measure/timeline/timeline.js';
import { renderTimeline } from '../../../src/report/render-timeline.js';

function build(events: readonly TimedEvent[]): Timeline {
  const builder = new TimelineBuilder();
  for (const event of events) builder.add(event);
  const timeline = builder.build();
  if (!timeline) throw new Error('no worker began anything');
  return timeline;
}

const event = (at: number, type: string, data: Record<string, unknown> = {}): TimedEvent => ({ type, at, data });
const start = (at: number, worker_id: number, item_index: number) =>
  event(at, 'worker.start', { worker_id, item_index });
const end = (at: number, worker_id: number, error = false) => event(at, 'worker.complete', { worker_id, error });
const endOfRun = (at: number) => event(at, 'parallel.complete');

/** Waits 5 ms, asks twice with a pause, and ends: the second answer has all times. */
const oneItem: readonly TimedEvent[] = [
  start(1_000, 0, 0),
  event(1_005, 'model.request', { worker_id: 0, attempt: 1 }),
  event(1_025, 'model.response', { worker_id: 0, attempt: 1, error: true, duration_ms: 20 }),
  event(1_025, 'model.retry', { worker_id: 0, attempt: 1, delay_ms: 30 }),
  event(1_055, 'model.request', { worker_id: 0, attempt: 2 }),
  event(1_155, 'model.response', { worker_id: 0, attempt: 2, queue_ms: 40, first_token_ms: 70, server: 'http://a' }),
  end(1_155, 0),
  endOfRun(1_160),
];

describe('the timeline of a run', () => {
  it('has the phases of each request, and pauses', () => {
    const { lanes, durationMs, isComplete, items, failed } = build(oneItem);
    expect(lanes[0]?.slices.map(({ phase, from, to }) => [phase, from, to])).toEqual([
      ['waiting', 0, 5],
      ['request', 5, 25],
      ['pause', 25, 55],
      ['queue', 55, 95],
      ['prefill', 95, 125],
      ['decode', 125, 155],
    ]);
    expect({ durationMs, isComplete, items, failed }).toEqual({
      durationMs: 160,
      isComplete: true,
      items: 1,
      failed: 0,
    });
  });

  it('knows only the work of workers from events of an older version', () => {
    const { lanes } = build([start(0, 0, 0), event(2, 'model.request', { item: '1' }), end(9, 0), endOfRun(9)]);
    expect(lanes[0]?.slices).toMatchObject([{ phase: 'work', from: 0, to: 9 }]);
  });

  it('ends what has no end with the last event', () => {
    const { lanes, isComplete } = build([start(0, 0, 0), start(1, 1, 1), end(8, 1)]);
    expect(isComplete).toBe(false);
    expect(lanes.map(({ slices }) => slices.at(-1)?.to)).toEqual([8, 8]);
  });

  it('counts failures, and marks their slices', () => {
    const { failed, lanes } = build([start(0, 0, 0), end(5, 0, true), endOfRun(5)]);
    expect(failed).toBe(1);
    expect(lanes[0]?.slices[0]?.failed).toBe(true);
  });

  it('is the first of several runs', () => {
    const { items } = build([start(0, 0, 0), end(5, 0), endOfRun(5), start(9, 0, 0), end(12, 0)]);
    expect(items).toBe(1);
  });

  it('is not there without a start', () => {
    const builder = new TimelineBuilder();
    builder.add(event(0, 'run.start'));
    builder.add(end(1, 0));
    expect(builder.build()).toBeUndefined();
  });
});

it('tells how many items began together, and how many were in work at once', () => {
  const four = [0, 1, 2, 3].flatMap((worker) => [start(worker, worker, worker), end(100, worker)]);
  const timeline = build([...four.sort((a, b) => a.at - b.at), endOfRun(100)]);
  expect(overlapOf(timeline)).toEqual({ most: 4, mean: expect.closeTo(3.94, 5), startedTogether: 4 });
});

describe('the rows of the terminal', () => {
  it('show the phases and the numbers of the items', () => {
    const text = renderTimeline(build(oneItem), 90);
    expect(text).toContain('1 item, 1 worker, 160 ms\n');
    expect(text.split('\n')[2]).toMatch(/^worker 0 ▏1[█·]+~+░+▒+█+ *▕$/);
    for (const sign of ["░ in the server's queue", '▒ reading the prompt', '█ writing the answer'])
      expect(text).toContain(sign);
  });

  it('fit every width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 200 }), fc.integer({ min: 1, max: 30 }), (columns, workers) => {
        const events = Array.from({ length: workers }, (_, worker) => [
          start(0, worker, worker),
          end(50, worker),
        ]).flat();
        const rows = renderTimeline(build([...events, endOfRun(60)]), columns).split('\n');
        const lanes = rows.filter((row) => row.startsWith('worker '));
        expect(lanes).toHaveLength(workers);
        expect(lanes.every(({ length }) => length === columns)).toBe(true);
      }),
    );
  });

  it('say that the events end before the run does', () => {
    expect(renderTimeline(build([start(0, 0, 0), end(5, 0)]), 80)).toContain('the events end before the run does');
  });

  it('say how many workers are not shown', () => {
    const events = Array.from({ length: 70 }, (_, worker) => [start(0, worker, worker), end(50, worker)]).flat();
    expect(renderTimeline(build(events), 80)).toContain('… and 6 more workers');
  });
});

describe('the trace', () => {
  const timeline = build([
    ...oneItem.slice(0, 5),
    event(1_060, 'limit.change', { server: 'http://a', to: 4 }),
    ...oneItem.slice(5),
  ]);
  const { traceEvents } = toChromeTrace(timeline);

  it('has what each kind of event needs', () => {
    for (const each of traceEvents) {
      expect(each).toMatchObject({ name: expect.any(String), pid: expect.any(Number) });
      if (each.ph === 'X') expect(each).toMatchObject({ ts: expect.any(Number), dur: expect.any(Number), tid: 0 });
      if (each.ph !== 'M') expect(Number.isInteger(each.ts)).toBe(true);
      if (['b', 'e', 's', 'f'].includes(each.ph))
        expect(each).toMatchObject({ id: expect.any(Number), cat: expect.any(String) });
    }
  });

  it('begins and ends each request, and leads from the worker to it', () => {
    const of = (ph: string) => traceEvents.filter((each) => each.ph === ph);
    for (const ph of ['b', 'e', 's', 'f']) expect(of(ph).map(({ id }) => id)).toEqual([0, 1]);
    expect(of('b').map(({ ts }) => ts)).toEqual([5_000, 55_000]);
    expect(of('e').map(({ ts }) => ts)).toEqual([25_000, 155_000]);
    expect(of('C')).toMatchObject([{ name: 'limit of http://a', ts: 60_000, args: { requests: 4 } }]);
  });

  it('covers a worker without gaps that it did not have', () => {
    const slices = traceEvents.filter(({ ph }) => ph === 'X');
    expect(slices.map(({ dur = 0 }) => dur).reduce((sum, dur) => sum + dur, 0)).toBe(155_000);
  });
});
