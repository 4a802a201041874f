import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/abort.js';
import { type StreamOutcome, streamParallel, TaskError } from '../../../src/orchestration/index.js';
import {
  createManualClock,
  createRecordingObserver,
  type ManualClock,
  type RecordingObserver,
} from '../../../src/testing/index.js';
import { type ItemPlan, itemPlan, listSchedule, Workshop } from './plan.js';
import { createTrackedSource, type TrackedSource } from './tracked-source.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

const patience = { timeout: 60_000 };

const scenario = fc.record({
  plans: fc.array(itemPlan, { maxLength: 30 }),
  concurrency: fc.integer({ min: 1, max: 8 }),
  backpressure: fc.integer({ min: 1, max: 12 }),
  failFast: fc.boolean(),
  /** A list, or a source that answers at once or after this many milliseconds. */
  source: fc.constantFrom('list' as const, 'at once' as const, 0, 3),
  /** Index at which the source throws. */
  breaksAt: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined, freq: 3 }),
  /** Pause of the reader after each outcome, and the number of outcomes after which it leaves. */
  readerPauseMs: fc.integer({ min: 0, max: 4 }),
  leavesAfter: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined, freq: 3 }),
  /** When the caller aborts, and when the reader returns while it may be waiting; -1: before the first next. */
  abortAtMs: fc.option(fc.integer({ min: -1, max: 60 }), { nil: undefined, freq: 2 }),
  returnAtMs: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 2 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

interface Ended {
  readonly outcomes: readonly StreamOutcome<ItemPlan, string>[];
  readonly ending: 'end' | 'left' | { readonly error: unknown };
  readonly workshop: Workshop;
  readonly observer: RecordingObserver;
  readonly counts: TrackedSource<ItemPlan>['counts'] | undefined;
  /** The largest number of items that were started and not taken by the reader. */
  readonly furthestAhead: number;
}

const broken = new Error('broken');

function sourceOf({ plans, source, breaksAt }: Scenario, clock: ManualClock): TrackedSource<ItemPlan> {
  const answer = (index: number): IteratorResult<ItemPlan> => {
    if (index === breaksAt) throw broken;
    const value = plans[index];
    return value ? { done: false, value } : { done: true, value: undefined };
  };
  if (typeof source !== 'number') return createTrackedSource({ next: answer });
  return createTrackedSource({
    next: async (index) => {
      if (source > 0) await sleep(clock, source);
      return answer(index);
    },
  });
}

async function play(given: Scenario): Promise<Ended> {
  const { plans, abortAtMs, returnAtMs, readerPauseMs, leavesAfter } = given;
  const runtime = createManualClock();
  const workshop = new Workshop(runtime);
  const observer = createRecordingObserver();
  const controller = new AbortController();
  if (abortAtMs === -1) controller.abort('caller');
  else if (abortAtMs !== undefined) runtime.setTimer(abortAtMs, () => controller.abort('caller'));
  const tracked = given.source === 'list' ? undefined : sourceOf(given, runtime);
  let taken = 0;
  let furthestAhead = 0;
  const process: Workshop['process'] = (plan, context) => {
    const running = workshop.process(plan, context);
    furthestAhead = Math.max(furthestAhead, workshop.started.length - taken);
    return running;
  };
  const { concurrency, backpressure, failFast } = given;
  const options = { concurrency, backpressure, failFast, observer, runtime, signal: controller.signal };
  const stream = streamParallel(tracked?.source ?? plans, process, options);
  const outcomes: StreamOutcome<ItemPlan, string>[] = [];
  let returned: Promise<unknown> | undefined;

  async function read(): Promise<Ended['ending']> {
    try {
      for await (const outcome of stream) {
        taken += 1;
        outcomes.push(outcome);
        if (readerPauseMs > 0) await sleep(runtime, readerPauseMs);
        if (taken === leavesAfter) return 'left';
      }
      return returned ? 'left' : 'end';
    } catch (error) {
      return { error };
    }
  }

  const reading = read();
  if (returnAtMs !== undefined) {
    runtime.setTimer(returnAtMs, () => {
      returned = stream.return?.();
    });
  }
  const stillRunning = reading.then(() => workshop.running);
  await runtime.advanceToEnd();
  expect(await stillRunning, 'processors still running when the stream ended').toBe(0);
  await returned;
  return { outcomes, ending: await reading, workshop, observer, counts: tracked?.counts, furthestAhead };
}

function checkOutcomes({ plans, concurrency, backpressure }: Scenario, ended: Ended): void {
  const { outcomes, workshop, furthestAhead } = ended;
  expect(workshop.violations).toEqual([]);
  expect(workshop.peak).toBeLessThanOrEqual(concurrency);
  // The outcome that is on its way to the reader does not wait any more.
  expect(furthestAhead).toBeLessThanOrEqual(backpressure + 1);
  expect(outcomes.map(({ index }) => index)).toEqual(outcomes.map((_, place) => place));
  for (const outcome of outcomes) {
    const plan = plans[outcome.index];
    expect(outcome.item).toBe(plan);
    if (outcome.status === 'ok') expect(outcome.value).toBe(`value of ${outcome.index}`);
    if (outcome.status !== 'cancelled') expect(outcome.status).toBe(plan?.end === 'value' ? 'ok' : 'failed');
  }
  if (ended.ending !== 'left') expect(outcomes).toHaveLength(workshop.started.length);
}

function checkEnding(given: Scenario, { ending, outcomes, counts }: Ended): void {
  if (ending === 'end') {
    expect(outcomes).toHaveLength(given.plans.length);
    expect(outcomes.some(({ status }) => status === 'cancelled')).toBe(false);
    expect(counts?.closed ?? 0).toBe(0);
  } else if (ending !== 'left') {
    const { error } = ending;
    if (error instanceof TaskError) expect(outcomes[error.index]?.status).toBe('failed');
    else expect([broken, 'caller']).toContain(error);
  }
  if (!counts) return;
  expect(counts.opened).toBeLessThanOrEqual(1);
  expect(counts.closed).toBeLessThanOrEqual(counts.opened);
  const failedOrEnded = counts.asked > Math.min(given.plans.length, given.breaksAt ?? Number.POSITIVE_INFINITY);
  if (counts.opened === 1 && !failedOrEnded) expect(counts.closed).toBe(1);
}

function checkEvents({ plans, source }: Scenario, { observer, workshop, ending }: Ended): void {
  const [complete, ...others] = observer.ofType('parallel.complete');
  expect(observer.ofType('parallel.start')).toHaveLength(1);
  expect(others).toEqual([]);
  expect(observer.types().at(-1)).toBe('parallel.complete');
  const data = complete?.data;
  const sum = (data?.items_processed ?? 0) + (data?.items_failed ?? 0) + (data?.items_cancelled ?? 0);
  expect(sum).toBe(workshop.started.length);
  if (source === 'list') expect(sum + (data?.items_not_started ?? Number.NaN)).toBe(plans.length);
  if (ending !== 'left') expect(data?.error).toBe(ending !== 'end');
  const started = observer.ofType('worker.start').map(({ data: { worker_id, item_index } }) => [item_index, worker_id]);
  const done = observer.ofType('worker.complete').map(({ data: { worker_id, item_index } }) => [item_index, worker_id]);
  expect(new Map(done as [number, number][])).toEqual(new Map(started as [number, number][]));
  expect(done).toHaveLength(started.length);
}

test(
  'every stream keeps the rules, whatever its items, its source, its reader and its caller do',
  patience,
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const ended = await play(given);
        checkOutcomes(given, ended);
        checkEnding(given, ended);
        checkEvents(given, ended);
      }),
      { numRuns: 300 },
    );
  },
);

test('a stream that nothing stops gives every item the outcome that it would have alone', patience, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const calm = { failFast: false, breaksAt: undefined, leavesAfter: undefined };
      const { outcomes, ending } = await play({ ...given, ...calm, abortAtMs: undefined, returnAtMs: undefined });
      expect(ending).toBe('end');
      expect(outcomes.map(({ status }) => status)).toEqual(
        given.plans.map(({ end }) => (end === 'value' ? 'ok' : 'failed')),
      );
    }),
  );
});

test('with a quick reader and room enough, the starts are those of the list schedule', patience, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(itemPlan, { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), async (items, machines) => {
      const plans = items.map((plan) => ({ ...plan, end: 'value' as const }));
      const clock = createManualClock();
      const workshop = new Workshop(clock);
      const stream = streamParallel(plans, workshop.process, { concurrency: machines, runtime: clock });
      const reading = (async () => {
        for await (const _ of stream);
      })();
      await clock.advanceToEnd();
      await reading;
      const durations = plans.map(({ durationMs }) => durationMs);
      expect(workshop.startedAt).toEqual(listSchedule(durations, machines));
    }),
  );
});
