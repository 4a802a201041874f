import { describe, expect, test } from 'vitest';
import type { Model } from '../../../src/model/model.js';
import { createPool } from '../../../src/model/pool/pool.js';
import { createManualClock, createRecordingObserver, createScriptedModel } from '../../../src/testing/index.js';
import { call } from './pool-over.js';
import { about } from './slot-host.js';

const never = { gate: new Promise(() => {}) };

/** A pool of one host that never answers. @param ping what its health check says */
function silentHost(ping?: Model['ping']) {
  const clock = createManualClock();
  const observer = createRecordingObserver();
  const scripted = createScriptedModel(({ subject }) => (subject === 'quick' ? 'positive' : never), { clock });
  const model: Model = Object.create(scripted, { ping: { value: ping } });
  const pool = createPool({ upstreams: [{ server: 'http://a', model }], runtime: clock, observer });
  const stopped = new AbortController();
  const ask = (subject: string) => pool.ask(about(subject), { ...call, signal: stopped.signal });
  const silences = () => observer.ofType('host.silent').map(({ data }) => data);
  return { clock, pool, ask, silences, stop: () => stopped.abort(new Error('enough')) };
}

describe('a host that has requests and says nothing', () => {
  test('is told once, with what its health check says, and goes on', async () => {
    const { clock, pool, ask, silences, stop } = silentHost(async () => {});
    const asked = Array.from({ length: 8 }, () => ask('slow').catch((error: unknown) => error));
    await clock.advance(9_999);
    expect(silences()).toEqual([]);
    await clock.advance(1);
    expect(silences()).toEqual([{ server: 'http://a', requests: 8, silent_ms: 10_000, answers: true }]);
    await clock.advance(3_600_000);
    expect(silences()).toHaveLength(1);
    stop();
    await Promise.all(asked);
    expect(clock.pendingTimers).toBe(0);
    await pool.close();
  });

  test('is told within 15 seconds where the health check gets no answer either', async () => {
    const { clock, pool, ask, silences, stop } = silentHost(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const asked = ask('slow').catch((error: unknown) => error);
    await clock.advance(15_000);
    expect(silences()).toMatchObject([{ requests: 1, answers: false }]);
    stop();
    await asked;
    await pool.close();
  });

  test('is told without a health check where there is none', async () => {
    const { clock, pool, ask, silences, stop } = silentHost();
    const asked = ask('slow').catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(silences()).toMatchObject([{ answers: null }]);
    stop();
    await asked;
    await pool.close();
  });

  test('an answer ends the silence', async () => {
    const { clock, pool, ask, silences, stop } = silentHost();
    const asked = ask('slow').catch((error: unknown) => error);
    await clock.advance(9_000);
    await ask('quick');
    await clock.advance(9_000);
    expect(silences()).toEqual([]);
    await clock.advance(20_000);
    expect(silences()).toMatchObject([{ requests: 1 }]);
    stop();
    await asked;
    await pool.close();
  });
});
