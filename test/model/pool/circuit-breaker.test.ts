import { describe, expect, test } from 'vitest';
import {
  ModelBusyError,
  ModelRejectedError,
  ModelSilentError,
  ModelUnavailableError,
} from '../../../src/model/model-errors.js';
import { CircuitBreaker } from '../../../src/model/pool/circuit-breaker.js';
import { call, poolOver, type ScriptedHost, watch } from './pool-over.js';
import { about } from './slot-host.js';

const question = about('it works');
const silent = new ModelSilentError(60_000);

/** A host that refuses connections while it is down. */
function switchable(down = false): ScriptedHost & { down: boolean } {
  const problem = () => new ModelUnavailableError('http://a', 'connection refused');
  return {
    down,
    script() {
      return this.down ? problem() : 'positive';
    },
    onPrepare() {
      if (this.down) throw problem();
    },
  };
}

/** The methods of a host, bound: a script is called on its own. */
function bound(host: ReturnType<typeof switchable>): ScriptedHost {
  return {
    script: (request, index) => (typeof host.script === 'function' ? host.script(request, index) : 'positive'),
    onPrepare: (sample) => host.onPrepare?.(sample),
  };
}

describe('a host', () => {
  test('that refuses connections is down at once, and told', async () => {
    const a = switchable(true);
    const { pool, models, observer } = poolOver([bound(a), {}]);
    for (let time = 0; time < 5; time += 1) await pool.ask(question, call);
    expect(models[0]?.requests).toHaveLength(1);
    expect(observer.events).toMatchObject([
      {
        type: 'host.down',
        source: 'pool',
        data: { server: 'http://a', reason: 'connection refused', code: 'CHORALE_MODEL_UNAVAILABLE' },
      },
    ]);
    await pool.close();
  });

  test.each([
    ['silent', silent],
    ['busy', new ModelBusyError(503, 'full', null)],
    ['reset', new ModelUnavailableError('http://a', 'reset', { cause: coded('ECONNRESET') })],
  ])('that fails otherwise is down after three times in a row: %s', async (_, error) => {
    const { pool, observer } = poolOver([{ script: [error, error, 'positive', error, error, error] }]);
    const down: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      await pool.ask(question, call).catch(() => {});
      down.push(observer.ofType('host.down').length);
    }
    expect(down).toEqual([0, 0, 0, 0, 0, 1]);
    await pool.close();
  });

  test('that refuses a question has shown that it is up', async () => {
    const alive = new ModelRejectedError(400, 'no');
    const { pool, observer } = poolOver([{ script: [silent, silent, alive, silent, silent] }]);
    for (let time = 0; time < 5; time += 1) await pool.ask(question, call).catch(() => {});
    expect(observer.events).toEqual([]);
  });

  test('after how many failures it is down can be set', async () => {
    const { pool, observer } = poolOver([{ script: [silent] }], { failureThreshold: 1 });
    await pool.ask(question, call).catch(() => {});
    expect(observer.types()).toEqual(['host.down']);
    await pool.close();
  });

  test('that is down is looked at after pauses that grow, and is asked again when it is well', async () => {
    const a = switchable(true);
    const checkedAt: number[] = [];
    const timed = {
      ...bound(a),
      onPrepare() {
        checkedAt.push(clock.now());
        a.onPrepare?.(question);
      },
    };
    const { pool, models, clock, observer } = poolOver([timed, { script: () => ({ text: 'slow', latencyMs: 1e6 }) }]);
    const busy = watch(pool.ask(question, call));
    await clock.advance(120_000);
    const pauses = checkedAt.map((time, index) => time - (checkedAt[index - 1] ?? 0));
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
    expect(pauses[0]).toBe(375);
    expect(pauses.at(-1)).toBeGreaterThan(15_000);
    a.down = false;
    const before = checkedAt.length;
    await clock.advance(30_000);
    expect(checkedAt).toHaveLength(before + 1);
    expect(observer.ofType('host.up')).toMatchObject([{ data: { server: 'http://a' } }]);
    await pool.ask(question, call);
    expect(models[0]?.requests.length).toBe(2);
    const [figures] = pool.metrics();
    expect(figures).toMatchObject({ up: true, down_count: 1, answered: 1, failed: 1 });
    expect(figures?.down_ms).toBeGreaterThan(120_000);
    expect(figures?.down_ms).toBeLessThan(150_000);
    await clock.advanceToEnd();
    expect(busy.state).toBe('resolved');
  });

  test('that is back gets one question at a time until it has answered one', async () => {
    const a = switchable(true);
    let answer: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const script = () => (a.down ? new ModelUnavailableError('http://a', 'refused') : { text: 'positive', gate });
    const { pool, models, clock } = poolOver([{ ...bound(a), script }]);
    await pool.ask(question, call).catch(() => {});
    a.down = false;
    const waiting = [1, 2, 3].map(() => watch(pool.ask(question, call)));
    await clock.advance(1_000);
    expect(models[0]?.inFlight).toBe(1);
    answer();
    await clock.advance(0);
    expect(waiting.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('that is back and fails is down again at once', async () => {
    const { pool, models, clock, observer } = poolOver([{ script: () => silent }], { failureThreshold: 1 });
    await pool.ask(question, call).catch(() => {});
    const asked = [1, 2].map(() => watch(pool.ask(question, call)));
    await clock.advance(400);
    expect(models[0]?.requests).toHaveLength(2);
    expect(asked.map(({ state }) => state)).toEqual(['rejected', 'pending']);
    expect(observer.types()).toEqual(['host.down', 'host.up', 'host.down']);
    await pool.close();
  });

  test('is not looked at while nobody needs it', async () => {
    const a = switchable(true);
    const { pool, clock, models } = poolOver([bound(a), {}]);
    await pool.ask(question, call);
    expect(clock.pendingTimers).toBe(0);
    a.down = false;
    await clock.advance(600_000);
    const asked = Promise.all([pool.ask(question, call), pool.ask(question, call)]);
    await clock.advance(0);
    await asked;
    await pool.ask(question, call);
    expect(models[0]?.requests.length).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('while all hosts are down', () => {
  test('questions wait, and go to the first that is back', async () => {
    const hosts = [switchable(), switchable()];
    const { pool, clock } = poolOver(hosts.map(bound));
    for (const host of hosts) host.down = true;
    await expect(pool.ask(question, call)).rejects.toMatchObject({ code: 'CHORALE_MODEL_UNAVAILABLE' });
    const waiting = Array.from({ length: 5 }, () => watch(pool.ask(question, call)));
    await clock.advance(20_000);
    expect(new Set(waiting.map(({ state }) => state))).toEqual(new Set(['pending']));
    if (hosts[1]) hosts[1].down = false;
    await clock.advance(10_000);
    expect(new Set(waiting.map(({ state }) => state))).toEqual(new Set(['resolved']));
    expect(pool.metrics().map(({ answered }) => answered)).toEqual([0, 5]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('waiting ends 60 s after the last went down; then questions fail at once, with all hosts named', async () => {
    const hosts = [switchable(true), switchable(true)];
    const { pool, clock } = poolOver(hosts.map(bound));
    await pool.ask(question, call).catch(() => {});
    const waiting = watch(pool.ask(question, call));
    await clock.advance(59_999);
    expect(waiting.state).toBe('pending');
    await clock.advance(1);
    const named = { code: 'CHORALE_MODEL_UNAVAILABLE', host: 'http://a, http://b' };
    expect(waiting.error).toMatchObject(named);
    await expect(pool.ask(question, call)).rejects.toMatchObject(named);
    expect(clock.pendingTimers).toBe(0);
    for (const host of hosts) host.down = false;
    await clock.advance(30_000);
    // Whoever asks has the hosts looked at, but does not wait for them.
    await expect(pool.ask(question, call)).rejects.toMatchObject(named);
    await clock.advance(0);
    expect((await pool.ask(question, call)).text).toBe('positive');
  });
});

test('pauses grow with the trouble, from 0.5 s to 30 s, half of each by chance', () => {
  const breaker = new CircuitBreaker(3);
  breaker.open(1_000);
  expect(breaker.pauseMs(1_000, 0)).toBe(250);
  expect(breaker.pauseMs(1_000, 0.999)).toBeCloseTo(500, 0);
  expect(breaker.pauseMs(41_000, 0)).toBe(5_000);
  expect(breaker.pauseMs(1e9, 0)).toBe(15_000);
  breaker.halfOpen();
  breaker.open(41_000);
  expect(breaker.pauseMs(41_000, 0)).toBe(5_000);
  breaker.halfOpen();
  breaker.succeed();
  breaker.open(50_000);
  expect(breaker.pauseMs(50_000, 0)).toBe(250);
});

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
