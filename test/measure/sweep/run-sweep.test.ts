import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import type { AskOnce } from '../../../src/measure/sweep/run-level.js';
import { type MeasuredLevel, runSweep, type SweepOptions } from '../../../src/measure/sweep/run-sweep.js';
import { ModelUnavailableError } from '../../../src/model/model-errors.js';
import { createManualClock } from '../../../src/testing/index.js';
import { simulatedSweep } from './simulated-server.js';

const refused = () => new ModelUnavailableError('http://127.0.0.1:1', 'connection refused');
const signal = new AbortController().signal;

describe('the throughput of a server with a known number of slots', () => {
  const levels = [1, 2, 3, 8, 16, 24];

  it.each([1, 2, 4, 16])('is the analytic value at every level: %s slots', async (slots) => {
    const { summary } = await simulatedSweep({ slots, serviceMs: 100 }, { levels, durationMs: 5_000 });
    for (const { workers, perSecond, speedup } of summary.levels) {
      expect(perSecond?.value, `${workers} workers`).toBeCloseTo(10 * Math.min(workers, slots), 1);
      expect(speedup?.value).toBeCloseTo(Math.min(workers, slots), 2);
    }
    expect(summary.recommended).toBe(levels.find((workers) => workers >= slots));
  });

  it('is within 3 % with log-normal times', async () => {
    const { summary } = await simulatedSweep(
      { slots: 4, serviceMs: 100, scatter: 0.5 },
      { levels: [1, 4, 8], durationMs: 60_000 },
    );
    for (const { workers, perSecond } of summary.levels) {
      expect((perSecond?.value ?? 0) / (10 * Math.min(workers, 4))).toBeCloseTo(1, 1.5);
    }
  });

  it('agrees with the number in flight', async () => {
    const { summary } = await simulatedSweep({ slots: 2, serviceMs: 50, scatter: 0.3 }, { levels: [1, 2, 4] });
    for (const { workers, inFlight, steadyInFlight, clientShare } of summary.levels) {
      expect(inFlight).toBeCloseTo(workers, 5);
      expect((steadyInFlight ?? 0) / workers).toBeCloseTo(1, 1.5);
      expect(clientShare).toBeCloseTo(0, 5);
    }
  });

  it('waiting is told from work by the times of the server', async () => {
    const { summary } = await simulatedSweep({ slots: 1, serviceMs: 100 }, { levels: [1, 4] });
    const [one, four] = summary.levels;
    expect(one?.queue?.p95).toBe(0);
    expect((four?.queue?.p50 ?? 0) / 300).toBeCloseTo(1, 1);
    expect((four?.latency?.p50 ?? 0) / 400).toBeCloseTo(1, 1);
    expect(one?.prefillShare).toBeCloseTo(0.9, 5);
    expect(one?.interToken?.p50).toBeCloseTo(10, 0);
  });
});

describe('a sweep without levels', () => {
  it('doubles until the throughput stops growing, and measures around the best level', async () => {
    const { summary, measured } = await simulatedSweep({ slots: 6, serviceMs: 100 }, { durationMs: 5_000, repeats: 2 });
    expect(measured.slice(0, 5).map(({ run }) => run.workers)).toEqual([1, 2, 4, 8, 16]);
    expect(summary.levels.map(({ workers }) => workers)).toEqual([1, 2, 4, 6, 8, 12, 16]);
    expect(summary.recommended).toBe(6);
    expect(summary.levels.every(({ repeats }) => repeats === 2)).toBe(true);
  });

  it('finds no knee where more workers always bring more', async () => {
    const { summary } = await simulatedSweep(
      { slots: 1_000, serviceMs: 100, scatter: 0.5 },
      { durationMs: 5_000, repeats: 2 },
    );
    expect(summary.recommended).toBe(128);
  });

  it('takes one worker where more bring nothing', async () => {
    const { summary } = await simulatedSweep({ slots: 1, serviceMs: 100 }, { durationMs: 5_000, repeats: 2 });
    expect(summary.recommended).toBe(1);
    expect(summary.levels.map(({ workers }) => workers)).toEqual([1, 2]);
  });
});

describe('what the server remembers', () => {
  it('does not make later levels faster, also where texts have to come again', async () => {
    const { summary } = await simulatedSweep(
      { slots: 2, serviceMs: 100, cached: 0.1 },
      {
        levels: [1, 2],
        durationMs: 10_000,
        inputs: Array.from({ length: 40 }, (_, row) => ({ text: `review ${row}` })),
      },
    );
    expect(summary.isRepeating).toBe(true);
    expect(summary.levels.map(({ perSecond }) => perSecond?.value)).toEqual([
      expect.closeTo(10, 1),
      expect.closeTo(20, 1),
    ]);
  });

  it('is not asked for: with enough texts each comes once', async () => {
    const seen: string[] = [];
    const ask: AskOnce = async ({ text }) => {
      seen.push(text);
      return {
        label: 'positive',
        durations: { totalMs: 1, firstTokenMs: null, queueMs: null, loadMs: null },
        usage: { promptTokens: null, completionTokens: null },
      };
    };
    const inputs = Array.from({ length: 400 }, (_, row) => ({ text: String(row) }));
    for await (const _ of runSweep({
      ask,
      inputs,
      signal,
      levels: [1, 4],
      repeats: 2,
      requests: 20,
      agreementRows: 5,
    })) {
      // Only the texts count.
    }
    const measured = seen.filter((text) => Number(text) < 390);
    expect(new Set(measured).size).toBe(measured.length);
    expect(new Set(seen.filter((text) => Number(text) >= 390)).size).toBe(10);
  });
});

describe('the order of the levels', () => {
  it('differs between repeats, and drift of the server does not look like a lack of scaling', async () => {
    const drift = (nowMs: number) => 1 + nowMs / 1_000_000;
    const { summary, measured } = await simulatedSweep(
      { slots: 8, serviceMs: 100, drift },
      { levels: [1, 2, 4, 8], durationMs: 10_000, repeats: 6, seed: 3 },
    );
    const orders = [0, 1, 2].map((repeat) =>
      measured
        .filter((level) => level.repeat === repeat)
        .map(({ run }) => run.workers)
        .join(),
    );
    expect(new Set(orders).size).toBeGreaterThan(1);
    for (const { workers, speedup } of summary.levels) {
      expect((speedup?.interval?.lower ?? 0) <= workers && workers <= (speedup?.interval?.upper ?? 0)).toBe(true);
    }
  });
});

describe('a server that fails', () => {
  it('ends a level early, and the sweep after two such levels; what was measured stays', async () => {
    let asked = 0;
    const { summary, measured } = await simulatedSweep(
      { slots: 1, serviceMs: 100 },
      { levels: [1, 2, 4, 8], durationMs: 5_000 },
      (ask) => async (input, stop) => {
        asked += 1;
        if (asked > 150) throw refused();
        return ask(input, stop);
      },
    );
    expect(measured.at(-1)?.measure.endedBy).toBe('failures');
    expect(measured.length).toBeLessThan(12);
    expect(summary.levels.some(({ perSecond }) => perSecond !== null)).toBe(true);
    expect([...(measured.at(-1)?.measure.failures.keys() ?? [])]).toEqual(['CHORALE_MODEL_UNAVAILABLE']);
  });

  it('has no throughput where nothing was answered', async () => {
    const { summary } = await simulatedSweep({ slots: 1, serviceMs: 100 }, { levels: [1, 2] }, () => async () => {
      throw refused();
    });
    expect(summary.recommended).toBeNull();
    expect(summary.levels.map(({ perSecond, latency, agreement }) => [perSecond, latency, agreement])).toEqual(
      summary.levels.map(() => [null, null, null]),
    );
  });
});

it('counts how many labels are those of one worker', async () => {
  let asked = 0;
  const { summary } = await simulatedSweep(
    { slots: 8, serviceMs: 10 },
    { levels: [1, 8], durationMs: 500, repeats: 2, agreementRows: 10 },
    (ask) => async (input, stop) => {
      asked += 1;
      const answer = await ask(input, stop);
      asked -= 1;
      return asked >= 4 ? { ...answer, label: 'neutral' } : answer;
    },
  );
  const [one, eight] = summary.levels;
  expect(one?.agreement).toMatchObject({ same: 20, compared: 20 });
  expect(eight?.agreement?.same).toBeLessThan(20);
});

it('ends with the reason of its signal', async () => {
  const controller = new AbortController();
  const clock = createManualClock();
  const levels: MeasuredLevel[] = [];
  const options: SweepOptions = {
    ask: async () => {
      controller.abort('enough');
      throw refused();
    },
    inputs: [{ text: 'one' }],
    signal: controller.signal,
    runtime: clock,
  };
  const run = async () => {
    for await (const level of runSweep(options)) levels.push(level);
  };
  await expect(run()).rejects.toBe('enough');
  expect(levels).toEqual([]);
});

it.each([
  [{ levels: [0] }, 'levels'],
  [{ levels: [1.5] }, 'levels'],
  [{ repeats: 0 }, 'repeats'],
  [{ durationMs: 0 }, 'durationMs'],
  [{ requests: 0 }, 'requests'],
  [{ inputs: [] }, 'inputs'],
])('refuses %j', async (wrong, option) => {
  const sweep = runSweep({ ask: async () => Promise.reject(refused()), inputs: [{ text: 'one' }], signal, ...wrong });
  const failure = await sweep.next().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(InvalidOptionError);
  expect(String(failure)).toContain(option);
});
