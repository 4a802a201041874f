import { describe, expect, test } from 'vitest';
import { ModelFailedError } from '../../../src/model/model-errors.js';
import { call, poolOver, watch } from './pool-over.js';
import { about } from './slot-host.js';

const crashed = () => new ModelFailedError(500, 'model runner has unexpectedly stopped');

describe('a single host whose runner crashes', () => {
  test('answers every question once it has loaded the model again, without using up their attempts', async () => {
    let isUp = true;
    const script = () => (isUp ? { text: 'positive', latencyMs: 100 } : crashed());
    const onPrepare = () => {
      isUp = true;
    };
    const { pool, clock, observer } = poolOver([{ script, onPrepare }]);
    const asked = Array.from({ length: 8 }, (_, index) => watch(pool.ask(about(`review ${index}`), call)));
    await clock.advance(100);
    expect(asked.map(({ state }) => state)).toEqual(Array(8).fill('resolved'));
    for (let crash = 0; crash < 5; crash += 1) {
      isUp = false;
      const next = Array.from({ length: 8 }, (_, index) => watch(pool.ask(about(`review ${index}`), call)));
      for (let step = 0; step < 50; step += 1) await clock.advance(100);
      // Two failures in a row may be those of the questions; the others have waited for the host.
      expect(next.filter(({ state }) => state === 'resolved').length).toBeGreaterThanOrEqual(6);
      expect(next.every(({ state }) => state !== 'pending')).toBe(true);
    }
    expect(observer.events.filter(({ type }) => type === 'host.down').length).toBeGreaterThanOrEqual(5);
    await pool.close();
  });

  test('does not wait for ever with a question that crashes it each time, and answers the others', async () => {
    let poisoned = 0;
    const { pool, clock } = poolOver([
      {
        script: (request) => {
          if (request.subject !== 'poison') return { text: 'positive', latencyMs: 10 };
          poisoned += 1;
          return crashed();
        },
      },
    ]);
    const poison = watch(pool.ask(about('poison'), call));
    for (let step = 0; step < 50; step += 1) {
      const other = watch(pool.ask(about('fine'), call));
      for (let wait = 0; other.state === 'pending' && wait < 200; wait += 1) await clock.advance(100);
      expect(other.state).toBe('resolved');
    }
    expect(poison).toMatchObject({ state: 'rejected', error: { code: 'CHORALE_MODEL_FAILED' } });
    expect(poisoned).toBeLessThanOrEqual(10);
    await pool.close();
  });
});
