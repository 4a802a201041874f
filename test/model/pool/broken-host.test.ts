import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import {
  ModelAddressError,
  ModelAuthError,
  ModelBusyError,
  ModelFailedError,
  ModelOversizeError,
  ModelRejectedError,
  ModelResponseError,
} from '../../../src/model/model-errors.js';
import { call, poolOver, watch } from './pool-over.js';
import { about } from './slot-host.js';

const question = about('it works');
const sound = () => ({ text: 'positive', latencyMs: 20 });

const refusals = [
  new ModelFailedError(500, 'the runner has terminated'),
  new ModelRejectedError(404, 'page not found'),
  new ModelResponseError("content type 'text/html' instead of JSON"),
  new ModelOversizeError(1_048_576),
] as const;
const forGood = [
  new ModelAuthError('http://a', 401, 'no such key', 'check the key'),
  new ModelAddressError('http://a', 'redirects to http://c', 'give that address'),
] as const;

/** Asks about so many reviews, so many at once, and returns how each ended. */
async function run({ pool, clock }: ReturnType<typeof poolOver>, reviews: number, workers: number) {
  const ends: ReturnType<typeof watch>[] = [];
  const work = async () => {
    while (ends.length < reviews) {
      const asked = pool.ask(question, call);
      ends.push(watch(asked));
      await asked.catch(() => {});
    }
  };
  const all = watch(Promise.all(Array.from({ length: workers }, work)));
  for (let step = 0; all.state === 'pending' && step < 20_000; step += 1) await clock.advance(10);
  expect(all.state).toBe('resolved');
  return ends;
}

describe('a host that refuses at once, while another answers', () => {
  test.each([...refusals, ...forGood])('draws no reviews to itself, and none is lost: $name', async (error) => {
    let asked = 0;
    const broken = () => {
      asked += 1;
      return asked <= 20 ? { text: 'positive', latencyMs: 20 } : error;
    };
    const setup = poolOver([{ script: broken }, { script: sound }]);
    const ends = await run(setup, 600, 8);
    expect(ends.filter(({ state }) => state !== 'resolved')).toEqual([]);
    // As many as it had at once, one for each look at it, and no more.
    expect(asked - 20).toBeLessThanOrEqual(30);
    expect(setup.pool.metrics()[0]).toMatchObject({ down_count: expect.any(Number), problem: expect.any(String) });
    await setup.pool.close();
  });

  test.each([...refusals])('from its first question on: $name', async (error) => {
    const setup = poolOver([{ script: () => error }, { script: sound }]);
    const ends = await run(setup, 200, 8);
    expect(ends.every(({ state }) => state === 'resolved')).toBe(true);
    expect(setup.models[0]?.requests.length).toBeLessThanOrEqual(30);
    await setup.pool.close();
  });

  test.each([...forGood])('is looked at no more where it refuses all questions: $name', async (error) => {
    let looks = 0;
    const onPrepare = () => {
      looks += 1;
    };
    const setup = poolOver([{ script: () => error, onPrepare }, { script: sound }]);
    await setup.pool.prepare(question, call);
    await run(setup, 400, 4);
    expect(looks).toBe(1);
    expect(setup.models[0]?.requests.length).toBeLessThanOrEqual(4);
    expect(setup.pool.metrics()[0]).toMatchObject({ up: false, excluded: true });
    expect(setup.observer.ofType('host.down')).toHaveLength(1);
    await setup.pool.close();
  });

  test('loses no review however often it refuses, and gets fewer the more it does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer(), async (share, seed) => {
        const random = seededRandom(seed);
        const error = refusals[Math.floor(random() * refusals.length)] ?? refusals[0];
        const setup = poolOver([{ script: () => (random() < share ? error : sound()) }, { script: sound }]);
        const ends = await run(setup, 120, 6);
        expect(ends.every(({ state }) => state === 'resolved')).toBe(true);
        const [broken, other] = setup.pool.metrics();
        if (share > 0.5) expect(broken?.answered).toBeLessThan(other?.answered ?? 0);
        await setup.pool.close();
      }),
      { numRuns: 40 },
    );
  });
});

describe('where all hosts refuse', () => {
  test.each([...refusals])('each review fails with what they say, and no host is taken down: $name', async (error) => {
    const setup = poolOver([{ script: () => error }, { script: () => error }]);
    const ends = await run(setup, 20, 2);
    expect(new Set(ends.map((end) => end.error))).toEqual(new Set([error]));
    expect(setup.observer.events).toEqual([]);
    expect(setup.clock.now()).toBeLessThan(1_000);
  });

  test.each([...forGood])('the first failure is the answer to all, at once: $name', async (error) => {
    const setup = poolOver([{ script: () => error }, { script: () => error }]);
    const ends = await run(setup, 20, 4);
    expect(new Set(ends.map((end) => end.error))).toEqual(new Set([error]));
    expect(setup.models.every(({ requests }) => requests.length <= 4)).toBe(true);
    expect(setup.clock.pendingTimers).toBe(0);
  });

  test('one for good and the other until later, the reviews wait for the other', async () => {
    let down = true;
    const [error] = forGood;
    const [passing] = [new ModelFailedError(500, 'still starting')];
    const setup = poolOver([{ script: () => error }, { script: () => (down ? passing : sound()) }]);
    await expect(setup.pool.ask(question, call)).rejects.toBe(passing);
    down = false;
    const asked = watch(setup.pool.ask(question, call));
    await setup.clock.advance(1_000);
    expect(asked.state).toBe('resolved');
    await setup.pool.close();
  });
});

test('a host that comes up again and again, and never answers, is given up like one that is not there', async () => {
  const setup = poolOver([{ script: () => new ModelBusyError(503, 'full', null) }]);
  const ends = await run(setup, 200, 8);
  expect(ends.every(({ state }) => state === 'rejected')).toBe(true);
  expect(setup.clock.now()).toBeLessThan(90_000);
  await setup.pool.close();
});
