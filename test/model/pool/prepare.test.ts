import { describe, expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/abort.js';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import type { Model } from '../../../src/model/model.js';
import {
  ModelBusyError,
  ModelMissingError,
  ModelRejectedError,
  ModelUnavailableError,
} from '../../../src/model/model-errors.js';
import { createPool } from '../../../src/model/pool/pool.js';
import { createManualClock, createScriptedModel } from '../../../src/testing/index.js';
import { call, nameOf, poolOver, watch } from './pool-over.js';
import { about, slotHost } from './slot-host.js';

const sample = about('sample');
const refused = (index: number) => () => {
  throw new ModelUnavailableError(nameOf(index), 'connection refused');
};
const lacks =
  (index: number, ...installed: string[]) =>
  () => {
    throw new ModelMissingError('small', nameOf(index), installed);
  };

/** A pool of hosts with slots; those named are dead at the beginning. */
function poolOfSlots(names: readonly string[], dead: readonly string[] = []) {
  const clock = createManualClock({ random: () => 0.5 });
  const hosts = names.map((name) =>
    slotHost(`http://${name}`, { slots: 2, serviceMs: 10, clock, dead: dead.includes(name) }),
  );
  const pool = createPool({ upstreams: hosts.map((model) => ({ server: model.server, model })), runtime: clock });
  return { pool, hosts, clock };
}

describe('prepare', () => {
  test('all hosts are checked at once', async () => {
    const { pool, hosts } = poolOfSlots(['a', 'b', 'c']);
    await pool.prepare(sample, call);
    expect(hosts.map(({ checks }) => checks)).toEqual([1, 1, 1]);
  });

  test('it resolves when one is up and the others are not; a late one joins when it is', async () => {
    const { pool, hosts, clock } = poolOfSlots(['a', 'b'], ['a']);
    expect(await pool.prepare(sample, call)).toEqual({ serverVersion: 'http://b', loadMs: 0, digest: null });
    const working = Promise.all(Array.from({ length: 8 }, () => pool.ask(sample, call)));
    expect(hosts[0]?.asked).toBe(0);
    await clock.advance(40);
    await working;
    hosts[0]?.revive();
    // Somebody asks all the time, so that it is looked at again.
    for (let second = 0; second < 2; second += 0.02) {
      const asked = pool.ask(sample, call);
      await clock.advance(20);
      await asked;
    }
    expect(hosts[0]?.asked).toBeGreaterThan(0);
    expect(pool.metrics()[0]).toMatchObject({ up: true, down_count: 1, problem: 'connection refused' });
    await pool.close();
  });

  test('it tells the digests of all hosts that told theirs, each once', async () => {
    const digests = ['sha256:b', 'sha256:a', 'sha256:b', null];
    const upstreams = digests.map((digest, index) => {
      const model = createScriptedModel([]);
      const prepare: Model['prepare'] = async () => ({ serverVersion: null, loadMs: null, digest });
      return { server: nameOf(index), model: { ...model, prepare } };
    });
    const pool = createPool({ upstreams });
    expect((await pool.prepare(sample, call)).digest).toBe('sha256:a sha256:b');
    await pool.close();
  });

  test('the first questions are shared by all that are up within two seconds', async () => {
    const { pool, models, clock } = poolOver([{}, {}]);
    const [, late] = models;
    if (late)
      late.prepare = (_, { signal }) => sleep(clock, 1_900, signal).then(() => ({ serverVersion: 'late', loadMs: 1 }));
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(1_899);
    expect(prepared.state).toBe('pending');
    await clock.advance(1);
    expect(prepared.state).toBe('resolved');
    await Promise.all([pool.ask(sample, call), pool.ask(sample, call)]);
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a host that is still loading is not asked, and does not hold the others up for longer', async () => {
    let loaded: () => void = () => {};
    const { pool, models, clock } = poolOver([{}, {}]);
    const [loading] = models;
    const loads = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    if (loading) loading.prepare = () => loads.then(() => ({ serverVersion: null, loadMs: 5 }));
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(2_000);
    expect(prepared.state).toBe('resolved');
    await pool.ask(sample, call);
    await pool.ask(sample, call);
    expect(models.map(({ requests }) => requests.length)).toEqual([0, 2]);
    loaded();
    await clock.advance(0);
    await pool.ask(sample, call);
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 2]);
  });

  test('while none is up, all are looked at again for 60 s', async () => {
    const { pool, hosts, clock } = poolOfSlots(['a', 'b'], ['a', 'b']);
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(30_000);
    expect(prepared.state).toBe('pending');
    hosts[1]?.revive();
    await clock.advance(15_000);
    expect(prepared).toMatchObject({ state: 'resolved', value: { serverVersion: 'http://b' } });
    await pool.close();
  });

  test('when none has come up by then, the error names all', async () => {
    const { pool, clock } = poolOfSlots(['a', 'b'], ['a', 'b']);
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(59_999);
    expect(prepared.state).toBe('pending');
    await clock.advance(1);
    expect(prepared.error).toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      host: 'http://a, http://b',
      message: expect.stringMatching(/http:\/\/a: connection refused; http:\/\/b: connection refused/),
    });
    expect(clock.pendingTimers).toBe(0);
  });

  test('the error has the remedy of the hosts, whatever their provider', async () => {
    const down = () => {
      throw new ModelUnavailableError('http://a', 'connection refused', { remedy: 'start your service' });
    };
    const { pool, clock } = poolOver([{ onPrepare: down }, { onPrepare: down }], { upTimeoutMs: 2_000 });
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(2_000);
    expect(prepared.error).toMatchObject({ remedy: 'start your service' });
  });

  test('how long they are waited for can be set', async () => {
    const { pool, clock } = poolOver([{ onPrepare: refused(0) }, { onPrepare: refused(1) }], { upTimeoutMs: 2_000 });
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(2_000);
    expect(prepared.state).toBe('rejected');
  });

  test('a busy host may come up too', async () => {
    let busy = 1;
    const onPrepare = () => {
      if (busy-- > 0) throw new ModelBusyError(503, 'loading', null);
    };
    const { pool, clock } = poolOver([{ onPrepare }, { onPrepare: refused(1) }]);
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(1_000);
    expect(prepared.state).toBe('resolved');
    await pool.close();
  });

  test('a pool of one does not wait: the failure is the one of its host', async () => {
    const { pool, clock, observer } = poolOver([{ onPrepare: refused(0) }]);
    await expect(pool.prepare(sample, call)).rejects.toMatchObject({ host: 'http://a', problem: 'connection refused' });
    expect(clock.pendingTimers).toBe(0);
    expect(observer.events).toEqual([]);
  });

  test('a host that lacks the model is left out, named, with what mends it', async () => {
    const { pool, models, observer } = poolOver([{ onPrepare: lacks(0, 'other') }, {}]);
    await pool.prepare(sample, call);
    await Promise.all(Array.from({ length: 4 }, () => pool.ask(sample, call)));
    expect(models[0]?.requests).toEqual([]);
    expect(pool.metrics()[0]).toMatchObject({
      up: false,
      problem: "http://a has no model 'small'; installed: other",
    });
    expect(observer.ofType('host.down')).toMatchObject([
      { source: 'pool', data: { server: 'http://a', code: 'CHORALE_MODEL_MISSING' } },
    ]);
    await pool.close();
  });

  test('when all lack it, the error says so at once, and lists what is installed on any', async () => {
    const { pool, clock } = poolOver([{ onPrepare: lacks(0, 'x', 'y') }, { onPrepare: lacks(1, 'y', 'z') }]);
    await expect(pool.prepare(sample, call)).rejects.toMatchObject({
      code: 'CHORALE_MODEL_MISSING',
      host: 'each of http://a, http://b',
      installed: ['x', 'y', 'z'],
    });
    expect(clock.pendingTimers).toBe(0);
  });

  test('when one lacks it and the other does not come up, the error tells both', async () => {
    const { pool, clock } = poolOver([{ onPrepare: lacks(0) }, { onPrepare: refused(1) }]);
    const prepared = watch(pool.prepare(sample, call));
    await clock.advance(60_000);
    expect(prepared.error).toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      message: expect.stringMatching(/http:\/\/a: http:\/\/a has no model 'small'.*http:\/\/b: connection refused/),
    });
  });

  test.each([new ModelRejectedError(401, 'no'), new InvalidOptionError('labels', 'others', 'x')])(
    'when all refuse for the same reason, that is the error: $name',
    async (error) => {
      const onPrepare = () => {
        throw error;
      };
      const { pool } = poolOver([{ onPrepare }, { onPrepare }]);
      await expect(pool.prepare(sample, call)).rejects.toBe(error);
    },
  );

  test('an abort ends it and all checks', async () => {
    const reason = new Error('enough');
    const { pool, models, clock } = poolOver([{ onPrepare: refused(0) }, {}]);
    const [, hanging] = models;
    let ended: unknown;
    if (hanging) {
      hanging.prepare = (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            ended = signal.reason;
            reject(signal.reason);
          });
        });
    }
    const stopped = new AbortController();
    const prepared = watch(pool.prepare(sample, { signal: stopped.signal }));
    await clock.advance(5_000);
    stopped.abort(reason);
    await clock.advance(0);
    expect(prepared.error).toBe(reason);
    expect(ended).toBe(reason);
    expect(clock.pendingTimers).toBe(0);
    await pool.close();
  });

  test('close ends the checks of hosts that are not up yet', async () => {
    const { pool, models, clock } = poolOver([{}, {}]);
    const [, hanging] = models;
    const ended = new Promise((resolve) => {
      if (!hanging) return;
      hanging.prepare = (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            resolve(signal.reason);
            reject(signal.reason);
          });
        });
    });
    const prepared = pool.prepare(sample, call);
    await clock.advance(2_000);
    await prepared;
    await pool.close();
    expect(await ended).toMatchObject({ problem: 'the pool is closed' });
  });
});

describe('createPool', () => {
  const { models } = poolOver([{}, {}]);
  const [model, other] = models as unknown as readonly [Model, Model];
  const named = { ...other, name: 'another' };

  test.each([
    [{ upstreams: [] }, 'upstreams'],
    [{ upstreams: 'http://a' as never }, 'upstreams'],
    [{ upstreams: [{ server: ' ', model }] }, 'upstreams[].server'],
    [
      {
        upstreams: [
          { server: 'http://a', model },
          { server: 'http://a', model: other },
        ],
      },
      'upstreams',
    ],
    [
      {
        upstreams: [
          { server: 'http://a', model },
          { server: 'http://b', model: named },
        ],
      },
      'upstreams',
    ],
    [{ upstreams: [{ server: 'http://a', model }], upTimeoutMs: -1 }, 'upTimeoutMs'],
    [{ upstreams: [{ server: 'http://a', model }], upTimeoutMs: Number.NaN }, 'upTimeoutMs'],
    [{ upstreams: [{ server: 'http://a', model }], failureThreshold: 0 }, 'failureThreshold'],
    [{ upstreams: [{ server: 'http://a', model }], failureThreshold: 1.5 }, 'failureThreshold'],
  ])('%# is refused', (options, option) => {
    expect(() => createPool(options)).toThrow(expect.objectContaining({ code: 'CHORALE_INVALID_OPTION', option }));
  });

  test('an unknown observer is refused', () => {
    expect(() => createPool({ upstreams: [{ server: 'http://a', model }], observer: 'loki' })).toThrow(
      /unknown observer/,
    );
  });

  test('a pool says what its upstreams say', () => {
    const caveat = 'careful';
    const upstreams = [
      { server: 'http://a', model: { ...model, caveat } },
      { server: 'http://b', model: { ...other, caveat } },
    ];
    expect(createPool({ upstreams })).toMatchObject({ provider: 'scripted', name: 'script', caveat });
  });
});
