import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  processParallel,
  workerCount,
} from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver, type RecordingObserver } from '../../../src/testing/index.js';
import { type ItemPlan, itemPlan, listSchedule, Workshop } from './plan.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

const patience = { timeout: 60_000 };

const scenario = fc.record({
  plans: fc.array(itemPlan, { maxLength: 30 }),
  maxWorkers: fc.integer({ min: 0, max: 12 }),
  workerCap: fc.integer({ min: 1, max: 20 }),
  cpuCount: fc.integer({ min: 1, max: 8 }),
  failFast: fc.boolean(),
  /** When the caller aborts, on the manual clock; -1: before the call. */
  abortAtMs: fc.option(fc.integer({ min: -1, max: 60 }), { nil: undefined }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

interface Ended {
  readonly error: unknown;
  readonly result: ParallelResult<ItemPlan, string>;
  readonly workshop: Workshop;
  readonly observer: RecordingObserver;
  readonly progress: readonly (readonly [number, number, string])[];
  readonly workers: number;
}

async function play(given: Scenario): Promise<Ended> {
  const { plans, maxWorkers, workerCap, cpuCount, failFast, abortAtMs } = given;
  const runtime = createManualClock({ cpuCount });
  const workshop = new Workshop(runtime);
  const observer = createRecordingObserver();
  const progress: [number, number, string][] = [];
  const controller = new AbortController();
  if (abortAtMs === -1) controller.abort('caller');
  else if (abortAtMs !== undefined) runtime.setTimer(abortAtMs, () => controller.abort('caller'));
  const onProgress = (...call: [number, number, string]) => void progress.push(call);
  const { signal } = controller;
  const options = { maxWorkers, workerCap, failFast, signal, runtime, observer, onProgress };
  const run = processParallel(plans, workshop.process, options).then(
    (result) => ({ error: undefined, result }),
    (error) => ({ error, result: error.result as ParallelResult<ItemPlan, string> }),
  );
  const stillRunning = run.then(() => workshop.running);
  await runtime.advanceToEnd();
  expect(await stillRunning, 'processors still running when the call settled').toBe(0);
  const workers = workerCount(plans.length, { maxWorkers, workerCap }, runtime);
  return { ...(await run), workshop, observer, progress, workers };
}

const count = (result: ParallelResult<ItemPlan, string>, status: string) =>
  result.outcomes.filter((outcome) => outcome.status === status).length;

function checkResult({ plans }: Scenario, { result, workshop, progress, workers }: Ended): void {
  const { results, errors, outcomes } = result;
  expect(workshop.violations).toEqual([]);
  expect(workshop.peak).toBeLessThanOrEqual(workers);
  expect(outcomes.map(({ index }) => index)).toEqual(plans.map((_, index) => index));
  const ok = outcomes.filter(({ status }) => status === 'ok');
  expect(results).toEqual(ok.map(({ index }) => `value of ${index}`));
  const failed = outcomes.filter(({ status }) => status === 'failed');
  expect(errors.map(({ index }) => index)).toEqual(failed.map(({ index }) => index));
  for (const { index, item } of errors) expect(item).toBe(plans[index]);
  for (const { index } of [...ok, ...failed]) {
    expect(plans[index]?.end === 'value').toBe(outcomes[index]?.status === 'ok');
  }
  expect(workshop.started).toHaveLength(plans.length - count(result, 'not_started'));
  expect(progress.map(([completed]) => completed)).toEqual(results.map((_, index) => index + 1));
  expect(progress.map(([, , value]) => value).sort()).toEqual([...results].sort());
  for (const [, total] of progress) expect(total).toBe(plans.length);
}

function checkEnding({ plans, failFast, abortAtMs }: Scenario, { error, result }: Ended): void {
  const stopped = count(result, 'cancelled') + count(result, 'not_started');
  const failed = count(result, 'failed');
  const expected =
    failed > 0 && (failFast || failed === plans.length)
      ? ParallelError
      : stopped > 0
        ? ParallelCancelledError
        : undefined;
  expect((error as Error | undefined)?.constructor).toBe(expected);
  if (error instanceof ParallelCancelledError) expect(error.cause).toBe('caller');
  if (abortAtMs === undefined && !failFast) expect(stopped).toBe(0);
  if (failFast) expect(failed).toBeLessThanOrEqual(1);
}

function checkEvents({ plans }: Scenario, { result, observer, error, workers }: Ended): void {
  const starts = observer.ofType('parallel.start');
  const completes = observer.ofType('parallel.complete');
  expect(starts.map(({ data }) => [data.item_count, data.worker_count])).toEqual([[plans.length, workers]]);
  expect(completes.map(({ data }) => ({ ...data, error_type: undefined, message: undefined }))).toEqual([
    {
      items_processed: count(result, 'ok'),
      items_failed: count(result, 'failed'),
      items_cancelled: count(result, 'cancelled'),
      items_not_started: count(result, 'not_started'),
      error: error !== undefined,
    },
  ]);
  expect(observer.types()[0]).toBe('parallel.start');
  expect(observer.types().at(-1)).toBe('parallel.complete');
  const open = new Map<number, number>();
  for (const { type, data } of observer.events) {
    if (type === 'worker.start') open.set(data.item_index, data.worker_id);
    if (type !== 'worker.complete') continue;
    expect(open.get(data.item_index)).toBe(data.worker_id);
    open.delete(data.item_index);
    expect(data.error).toBe(result.outcomes[data.item_index]?.status !== 'ok');
  }
  expect(open.size).toBe(0);
}

test('every run keeps the rules, whatever its items do and whenever it is stopped', patience, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const ended = await play(given);
      checkResult(given, ended);
      checkEnding(given, ended);
      checkEvents(given, ended);
    }),
    { numRuns: 300 },
  );
});

test('without fail-fast and abort, every item ends as if it had been alone', patience, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { result } = await play({ ...given, failFast: false, abortAtMs: undefined });
      expect(result.outcomes.map(({ status }) => status)).toEqual(
        given.plans.map(({ end }) => (end === 'value' ? 'ok' : 'failed')),
      );
    }),
  );
});

test('no worker idles while an item waits: the starts are those of the list schedule', patience, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const plans = given.plans.map((plan) => ({ ...plan, end: 'value' as const }));
      const { workshop, workers } = await play({ ...given, plans, abortAtMs: undefined });
      const durations = plans.map(({ durationMs }) => durationMs);
      expect(workshop.startedAt).toEqual(listSchedule(durations, workers));
    }),
  );
});
