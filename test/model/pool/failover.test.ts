import { describe, expect, test } from 'vitest';
import {
  ModelAddressError,
  ModelAuthError,
  ModelBusyError,
  ModelCutOffError,
  ModelFailedError,
  ModelMissingError,
  ModelOversizeError,
  ModelRejectedError,
  ModelResponseError,
  ModelSilentError,
  ModelTimeoutError,
  ModelUnavailableError,
  PromptTooLongError,
} from '../../../src/model/model-errors.js';
import { call, poolOver, watch } from './pool-over.js';
import { about } from './slot-host.js';

const question = about('it works');
const refused = new ModelUnavailableError('http://a', 'connection refused');

describe('a failure of the host', () => {
  test.each([
    refused,
    new ModelUnavailableError('http://a', 'the name is not known'),
    new ModelCutOffError(),
    new ModelSilentError(60_000),
    new ModelSilentError(30_000, 'further'),
    new ModelFailedError(500, 'model runner has unexpectedly stopped'),
    new ModelFailedError(200, 'out of memory'),
    new ModelResponseError("content type 'text/html' instead of JSON"),
    new ModelBusyError(408, 'request timeout', null),
    new ModelBusyError(524, 'a timeout occurred', null),
    new ModelBusyError(502, 'bad gateway', null),
    new ModelBusyError(503, 'server busy', 5_000),
    new ModelBusyError(504, 'gateway timeout', null),
    new ModelMissingError('small', 'http://a', []),
    new ModelOversizeError(1_048_576),
    new ModelRejectedError(404, 'no such route'),
    new ModelAuthError('http://a', 401, 'no such key', 'check the key'),
    new ModelAddressError('http://a', 'redirects to http://c', 'give that address'),
  ])('sends the question to another host at once: $name, $problem', async (error) => {
    const { pool, models } = poolOver([{ script: [error] }, { script: ['positive'] }]);
    const servers: string[] = [];
    const answer = await pool.ask(question, { ...call, onSend: async (server) => void servers.push(server) });
    expect(answer.text).toBe('positive');
    expect(servers).toEqual(['http://a', 'http://b']);
    expect(models[1]?.requests).toEqual([question]);
    expect(pool.metrics().map(({ answered, failed, share }) => [answered, failed, share])).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ]);
    await pool.close();
  });

  test('on all hosts is thrown, the last one, after each was asked once', async () => {
    const last = new ModelBusyError(503, 'full', 2_000);
    const { pool, models } = poolOver([
      { script: [refused] },
      { script: [new ModelCutOffError()] },
      { script: [last] },
    ]);
    await expect(pool.ask(question, call)).rejects.toBe(last);
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
    await pool.close();
  });

  test('that may be tried again comes before one that may not', async () => {
    const missing = new ModelMissingError('small', 'http://b', null);
    const { pool } = poolOver([{ script: [refused] }, { script: [missing] }]);
    await expect(pool.ask(question, call)).rejects.toBe(refused);
    await pool.close();
  });
});

describe('a failure of the question', () => {
  test.each([
    new ModelRejectedError(400, 'no'),
    new PromptTooLongError(4_096, 'it has 5000 tokens'),
    new ModelRejectedError(422, 'no such field'),
    new ModelTimeoutError(300_000),
    new ModelBusyError(429, 'slow down', 1_000),
    new TypeError('boom'),
  ])('is thrown as it is: $name', async (error) => {
    const { pool, models } = poolOver([{ script: () => error }, { script: () => error }]);
    const servers: string[] = [];
    await expect(pool.ask(question, { ...call, onSend: async (server) => void servers.push(server) })).rejects.toBe(
      error,
    );
    expect(servers).toHaveLength(1);
    expect(models.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(1);
  });

  test('does not take the host down, however often it comes', async () => {
    const { pool, observer } = poolOver([{ script: () => new ModelRejectedError(400, 'no') }]);
    for (let time = 0; time < 10; time += 1) await pool.ask(question, call).catch(() => {});
    expect(observer.events).toEqual([]);
    expect(pool.metrics()[0]).toMatchObject({ up: true, failed: 10 });
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  test('in flight rejects with its reason, and goes nowhere else', async () => {
    const never = new Promise(() => {});
    const { pool, models, clock } = poolOver([{ script: [{ gate: never }] }, { script: [{ gate: never }] }]);
    const stopped = new AbortController();
    const asked = watch(pool.ask(question, { signal: stopped.signal }));
    await clock.advance(0);
    stopped.abort(reason);
    await clock.advance(0);
    expect(asked.error).toBe(reason);
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 0]);
    expect(pool.metrics()[0]).toMatchObject({ answered: 0, failed: 0, up: true });
  });

  test('of one who waits for a host takes nothing', async () => {
    const { pool, clock } = poolOver([{ script: () => refused }]);
    await pool.ask(question, call).catch(() => {});
    const stopped = new AbortController();
    const asked = watch(pool.ask(question, { signal: stopped.signal }));
    await clock.advance(0);
    expect(asked.state).toBe('pending');
    stopped.abort(reason);
    await clock.advance(0);
    expect(asked.error).toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  test('before the question keeps it from being asked', async () => {
    const { pool, models } = poolOver([{}]);
    await expect(pool.ask(question, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(models[0]?.requests).toEqual([]);
  });
});

test('a pool that is closed says so to those who wait', async () => {
  const { pool, clock } = poolOver([{ script: () => refused }, { script: () => refused }]);
  await pool.ask(question, call).catch(() => {});
  const asked = watch(pool.ask(question, call));
  await clock.advance(0);
  expect(asked.state).toBe('pending');
  await pool.close();
  await clock.advance(0);
  expect(asked.error).toMatchObject({
    code: 'CHORALE_MODEL_UNAVAILABLE',
    problem: 'the pool is closed',
    message: expect.stringMatching(/\(the pool is closed\); create another pool$/),
  });
  expect(clock.pendingTimers).toBe(0);
});
