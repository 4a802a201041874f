import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedPrediction } from '../../src/analysis/run-store.js';
import { SingleFlight } from '../../src/analysis/single-flight.js';
import { answerOf as predictionOf } from '../store/runs/outcomes.js';

const { signal } = new AbortController();

/** A request that is answered by hand: null means that it has no prediction. */
function request() {
  let answer: (prediction: RecordedPrediction | null) => void = () => {};
  let calls = 0;
  const answered = new Promise<{ prediction: RecordedPrediction | null }>((resolve) => {
    answer = (prediction) => resolve({ prediction });
  });
  const make = () => {
    calls += 1;
    return answered;
  };
  return { make, answer: (prediction: RecordedPrediction | null) => answer(prediction), calls: () => calls };
}

const share = async (prediction: RecordedPrediction) => ({ prediction, shared: true });
const isShared = (result: object) => 'shared' in result;

describe('single-flight', () => {
  it('makes one request for a key: later callers wait, and share its prediction', async () => {
    const flight = new SingleFlight();
    const first = request();
    const second = request();
    const results = [first, second, second].map(({ make }) => flight.run('a', signal, make, share));
    first.answer(predictionOf('positive'));
    expect((await Promise.all(results)).map(isShared)).toEqual([false, true, true]);
    expect(await flight.run('a', signal, second.make, share)).toMatchObject({ prediction: predictionOf('positive') });
    expect(second.calls()).toBe(0);
  });

  it('lets the next waiting caller make the request where the first has no prediction or throws', async () => {
    const flight = new SingleFlight();
    const failing = flight.run('a', signal, () => Promise.reject(new Error('failed')), share);
    const [empty, full] = [request(), request()];
    const results = [empty, full, full].map(({ make }) => flight.run('a', signal, make, share));
    await expect(failing).rejects.toThrow('failed');
    empty.answer(null);
    full.answer(predictionOf('negative'));
    expect((await Promise.all(results)).map(isShared)).toEqual([false, false, true]);
    expect([empty.calls(), full.calls()]).toEqual([1, 1]);
  });

  it('ends the wait at an abort', async () => {
    const flight = new SingleFlight();
    void flight.run('a', signal, request().make, share);
    const controller = new AbortController();
    const waiting = flight.run('a', controller.signal, request().make, share);
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });

  it('remembers thousands of predictions, but not all', async () => {
    const flight = new SingleFlight();
    const classify = (key: string) =>
      flight.run(key, signal, async () => ({ prediction: predictionOf('positive') }), share);
    for (let n = 0; n < 4_097; n += 1) await classify(`${n}`);
    expect(isShared(await classify('1'))).toBe(true);
    expect(isShared(await classify('0'))).toBe(false);
  });

  it('makes one request for each key, whatever the order of the callers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }), async (keys) => {
        const flight = new SingleFlight();
        let requests = 0;
        const classify = async (key: string) => {
          requests += 1;
          await null;
          return { prediction: predictionOf(key) };
        };
        const results = await Promise.all(keys.map((key) => flight.run(key, signal, () => classify(key), share)));
        expect(results.map(({ prediction }) => prediction.label)).toEqual(keys);
        expect(requests).toBe(new Set(keys).size);
      }),
    );
  });
});
