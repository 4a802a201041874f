import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { linkAbort } from '../../src/foundation/abort.js';
import { DefectError } from '../../src/foundation/errors/chorale-error.js';
import { defaultRetryPolicy, type RetryNotice, type RetryPolicy, retry } from '../../src/foundation/retry.js';
import { ModelBusyError, ModelUnavailableError } from '../../src/model/model-errors.js';
import { createManualClock, type ManualClock } from '../../src/testing/index.js';
import { countListeners } from './count-listeners.js';

const unavailable = () => new ModelUnavailableError('host', 'refused');
const neverAborted = new AbortController().signal;

/** Retries an operation that always fails, until the end, and tells the pauses. */
async function pausesOf(clock: ManualClock, policy: RetryPolicy, makeError: () => Error): Promise<RetryNotice[]> {
  const notices: RetryNotice[] = [];
  const operation = () => Promise.reject(makeError());
  const options = { policy, runtime: clock, signal: neverAborted, onRetry: (n: RetryNotice) => void notices.push(n) };
  const ended = retry(operation, options).then(
    () => 'resolved',
    () => 'rejected',
  );
  await clock.advanceToEnd();
  expect(await ended).toBe('rejected');
  return notices;
}

test('an operation that succeeds is run once', async () => {
  const operation = vi.fn(async (attempt: number) => `answer ${attempt}`);
  const answer = await retry(operation, {
    policy: defaultRetryPolicy,
    runtime: createManualClock(),
    signal: neverAborted,
  });
  expect(answer).toBe('answer 1');
  expect(operation).toHaveBeenCalledTimes(1);
});

test('a retryable failure is tried again until it succeeds', async () => {
  const clock = createManualClock();
  const errors = [unavailable(), new ModelBusyError(503, 'full', null)];
  const notices: RetryNotice[] = [];
  const answer = retry(
    async (attempt) => {
      const error = errors[attempt - 1];
      if (error) throw error;
      return `answer ${attempt}`;
    },
    {
      policy: defaultRetryPolicy,
      runtime: clock,
      signal: neverAborted,
      onRetry: (notice) => void notices.push(notice),
    },
  );
  await clock.advanceToEnd();
  expect(await answer).toBe('answer 3');
  expect(notices.map(({ attempt, error }) => ({ attempt, error }))).toEqual([
    { attempt: 1, error: errors[0] },
    { attempt: 2, error: errors[1] },
  ]);
});

test('the last failure is thrown when the attempts are used up', async () => {
  const clock = createManualClock();
  const errors = [unavailable(), unavailable(), unavailable()];
  const policy = { ...defaultRetryPolicy, maxRetries: 2 };
  const ended = retry(async (attempt) => Promise.reject(errors[attempt - 1]), {
    policy,
    runtime: clock,
    signal: neverAborted,
  }).catch((error: unknown) => error);
  await clock.advanceToEnd();
  expect(await ended).toBe(errors[2]);
});

test('no further attempt is made with maxRetries 0', async () => {
  const clock = createManualClock();
  expect(await pausesOf(clock, { ...defaultRetryPolicy, maxRetries: 0 }, unavailable)).toEqual([]);
});

test.each([new DefectError('boom'), new Error('boom'), undefined])('%s is not retried', async (error) => {
  const clock = createManualClock();
  const operation = vi.fn(() => Promise.reject(error));
  const ended = retry(operation, { policy: defaultRetryPolicy, runtime: clock, signal: neverAborted });
  await expect(ended).rejects.toBe(error);
  expect(operation).toHaveBeenCalledTimes(1);
});

test('what the operation throws at once is a failure like any other', async () => {
  const clock = createManualClock();
  const operation = vi.fn(() => {
    throw unavailable();
  });
  const ended = retry(operation, { policy: defaultRetryPolicy, runtime: clock, signal: neverAborted });
  ended.catch(() => {});
  await clock.advanceToEnd();
  await expect(ended).rejects.toThrow('no model server answers');
  expect(operation).toHaveBeenCalledTimes(4);
});

test('without jitter the pauses double up to the cap', async () => {
  const policy = { ...defaultRetryPolicy, maxRetries: 7, jitter: false };
  const clock = createManualClock();
  const notices = await pausesOf(clock, policy, unavailable);
  expect(notices.map(({ delayMs }) => delayMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(clock.now()).toBe(91_000);
});

test('with full jitter a pause is drawn evenly between 0 and its bound', async () => {
  const drawn = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  await fc.assert(
    fc.asyncProperty(drawn, fc.integer({ min: 0, max: 12 }), async (random, maxRetries) => {
      const policy = { ...defaultRetryPolicy, maxRetries };
      const notices = await pausesOf(createManualClock({ random: () => random }), policy, unavailable);
      expect(notices).toHaveLength(maxRetries);
      for (const { attempt, delayMs } of notices) {
        expect(delayMs).toBe(random * Math.min(30_000, 1_000 * 2 ** (attempt - 1)));
      }
    }),
  );
});

test('a pause is never shorter than what the server asked for, and never longer than that or its bound', async () => {
  const seconds = fc.integer({ min: 0, max: 120_000 });
  await fc.assert(
    fc.asyncProperty(seconds, fc.integer(), async (asked, seed) => {
      const busy = () => new ModelBusyError(429, 'slow down', asked);
      const notices = await pausesOf(createManualClock({ seed }), defaultRetryPolicy, busy);
      for (const { attempt, delayMs } of notices) {
        expect(delayMs).toBeGreaterThanOrEqual(asked);
        expect(delayMs).toBeLessThanOrEqual(Math.max(asked, 1_000 * 2 ** (attempt - 1)));
      }
    }),
  );
});

test.each([null, Number.NaN, 'soon'])('a wish for %s is none', async (retryAfterMs) => {
  const policy = { ...defaultRetryPolicy, jitter: false };
  const busy = () => new ModelBusyError(429, 'slow down', retryAfterMs as never);
  const notices = await pausesOf(createManualClock(), policy, busy);
  expect(notices.map(({ delayMs }) => delayMs)).toEqual([1_000, 2_000, 4_000]);
});

test('an abort during a pause ends it at once with its reason', async () => {
  const clock = createManualClock({ random: () => 0.5 });
  const controller = new AbortController();
  const counter = countListeners(controller.signal);
  const operation = vi.fn(() => Promise.reject(unavailable()));
  const ended = retry(operation, { policy: defaultRetryPolicy, runtime: clock, signal: controller.signal });
  ended.catch(() => {});
  await clock.advance(100);
  expect(clock.pendingTimers).toBe(1);
  controller.abort('enough');
  await expect(ended).rejects.toBe('enough');
  expect(operation).toHaveBeenCalledTimes(1);
  expect([clock.pendingTimers, counter.count]).toEqual([0, 0]);
});

test('an abort before the first attempt prevents it', async () => {
  const operation = vi.fn();
  const options = { policy: defaultRetryPolicy, runtime: createManualClock(), signal: AbortSignal.abort('before') };
  await expect(retry(operation, options)).rejects.toBe('before');
  expect(operation).not.toHaveBeenCalled();
});

test('a failure after an abort is not retried', async () => {
  const controller = new AbortController();
  const operation = vi.fn(async () => {
    controller.abort('enough');
    throw unavailable();
  });
  const options = { policy: defaultRetryPolicy, runtime: createManualClock(), signal: controller.signal };
  await expect(retry(operation, options)).rejects.toThrow('no model server answers');
  expect(operation).toHaveBeenCalledTimes(1);
});

test('many retried operations leave neither listeners nor timers', async () => {
  const clock = createManualClock();
  const { signal } = linkAbort();
  const counter = countListeners(signal);
  const runs = Array.from({ length: 20 }, () =>
    retry(() => Promise.reject(unavailable()), { policy: defaultRetryPolicy, runtime: clock, signal }),
  );
  const ended = Promise.allSettled(runs);
  await clock.advanceToEnd();
  await ended;
  expect([clock.pendingTimers, counter.count]).toEqual([0, 0]);
});

test.each([
  ['more than the policy allows', { maxServerWaitMs: 4_999 }, 60_000],
  ['more than there is time for', {}, 4_999],
])('a server that asks for %s is not waited for', async (_, limits, remainingMs) => {
  const clock = createManualClock();
  const busy = new ModelBusyError(429, 'slow down', 5_000);
  const operation = vi.fn(() => Promise.reject(busy));
  const policy = { ...defaultRetryPolicy, ...limits };
  const ended = retry(operation, { policy, runtime: clock, signal: neverAborted, remainingMs: () => remainingMs });
  await expect(ended).rejects.toBe(busy);
  expect(operation).toHaveBeenCalledTimes(1);
  expect(clock.now()).toBe(0);
});
