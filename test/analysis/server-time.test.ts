import { describe, expect, it } from 'vitest';
import { queueWarning } from '../../src/analysis/run-warnings.js';
import { ServerTime } from '../../src/analysis/server-time.js';
import { measureSlots, tolerance } from './measure-slots.js';

const cases = [1, 4, 16].flatMap((slots) => [1, 4, 8, 16].map((workers) => ({ slots, workers })));

describe('what a summary says of a server that tells its times', () => {
  it.each(cases)('is within 10 % of the truth, or null, with $slots slots and $workers workers', async (size) => {
    for (const overhead of [0, 0.3]) {
      const { inFlight, speedup, waiting, latencyMs } = await measureSlots({ ...size, overhead });
      expect(Math.abs(inFlight.said / inFlight.truth - 1)).toBeLessThan(tolerance);
      if (!Number.isNaN(speedup.said)) expect(Math.abs(speedup.said / speedup.truth - 1)).toBeLessThan(tolerance);
      if (!Number.isNaN(waiting.said)) {
        expect(Math.abs(waiting.said - waiting.truth)).toBeLessThan(tolerance * latencyMs);
      }
    }
  });

  it('has a speedup where one review is worked on after the other, with one worker or in a queue', async () => {
    for (const workers of [1, 8]) {
      const { speedup } = await measureSlots({ slots: 1, workers, overhead: 0.05 });
      expect(speedup.said).toBeCloseTo(1, 1);
    }
  });

  it.each([0, 0.1, 1])(
    'has no speedup where several are worked on at once, each %d slower for each other',
    async (slowdown) => {
      const { summary } = await measureSlots({ slots: 4, workers: 8, slowdown });
      expect(summary).toMatchObject({ estimated_speedup: null, speedup_unknown: 'never alone' });
      expect(summary.queue_ms?.mean).toBeGreaterThan(0);
    },
  );

  it('counts waiting for the requests of another program, too', async () => {
    const { waiting, latencyMs, summary } = await measureSlots({ slots: 1, workers: 1, others: 2 });
    expect(Math.abs(waiting.said - waiting.truth)).toBeLessThan(tolerance * latencyMs);
    expect(summary).toMatchObject({ estimated_speedup: null, speedup_unknown: 'waiting uncertain' });
    expect(queueWarning(summary, true)).toMatch(
      /^reviews waited \d\d % of their time in the server's queue, with one worker: another program uses the server$/,
    );
  });

  it('is null where the server does not tell, but what was sent at once is known', async () => {
    const { summary, inFlight } = await measureSlots({ slots: 4, workers: 8, tells: false });
    expect(summary).toMatchObject({ queue_ms: null, estimated_speedup: null, speedup_unknown: 'no queue time' });
    expect(inFlight.said).toBeGreaterThan(7);
    expect(queueWarning(summary, true)).toBeNull();
  });

  it('is null where waiting cannot be told from the work around an evaluation', async () => {
    const { summary } = await measureSlots({ slots: 16, workers: 8, overhead: 0.4 });
    expect(summary).toMatchObject({ queue_ms: null, estimated_speedup: null });
  });
});

describe('the warning of a queue', () => {
  it('names both causes, and how many were worked on at once', async () => {
    const { summary } = await measureSlots({ slots: 1, workers: 8 });
    expect(queueWarning(summary, true)).toBe(
      "reviews waited 88 % of their time in the server's queue, and it worked on 1.0 of them at once: it has fewer slots " +
        'than 8 workers (OLLAMA_NUM_PARALLEL; chorale doctor counts them), or another program uses it too',
    );
    expect(queueWarning({ ...summary, provider: 'openai' }, true)).not.toContain('OLLAMA');
    expect(queueWarning(summary, false)).toBeNull();
    const mean = 2 * (summary.latency_ms.mean ?? 0);
    const contradictory = { ...summary, queue_ms: summary.queue_ms && { ...summary.queue_ms, mean } };
    expect(queueWarning(contradictory, true)).toBeNull();
  });

  it('is silent where the slots suffice', async () => {
    const { summary } = await measureSlots({ slots: 8, workers: 8 });
    expect(queueWarning(summary, true)).toBeNull();
  });
});

describe('the time of a server', () => {
  const run = { durationMs: 1_000, workers: 4, answers: 20, inFlightMean: 2 };

  it('is not known before the first answer', () => {
    expect(new ServerTime().summarize(run)).toEqual({ waiting: null, speedup: 'no queue time' });
  });

  it('is not estimated where only some answers tell it', () => {
    const time = new ServerTime();
    time.add(100, 0, true);
    time.add(100, null, true);
    expect(time.summarize(run)).toMatchObject({ waiting: { mean: 0 }, speedup: 'no queue time' });
  });

  it('takes no answer for a measurement whose times contradict each other', () => {
    const time = new ServerTime();
    time.add(100, 120, true);
    expect(time.summarize(run)).toEqual({ waiting: null, speedup: 'no queue time' });
  });

  it('is the time of reviews that were alone at the server, where it takes longer for several at once', () => {
    const time = new ServerTime();
    for (const ms of [98, 99, 100, 101, 102]) time.add(ms, 0, true);
    for (let answer = 0; answer < 15; answer += 1) time.add(200, 0, false);
    expect(time.summarize(run).speedup).toBeCloseTo(2);
  });

  it('is not known where too few were alone, or took too different a time', () => {
    const few = new ServerTime();
    for (const ms of [99, 100, 101]) few.add(ms, 0, true);
    const different = new ServerTime();
    for (const ms of [20, 60, 100, 140, 180]) different.add(ms, 0, true);
    for (const time of [few, different]) {
      time.add(200, 0, false);
      expect(time.summarize(run).speedup).toBe('never alone');
    }
  });
});
