import { describe, expect, it } from 'vitest';
import { queueWarning } from '../../src/sentiment/index.js';
import { ServerTime } from '../../src/sentiment/server-time.js';
import { measureSlots, tolerance } from './measure-slots.js';

const cases = [1, 4, 16].flatMap((slots) => [1, 4, 8, 16].map((workers) => ({ slots, workers })));

describe('what a summary says of a server that tells its times', () => {
  it.each(cases)('is within 10 % of the truth with $slots slots and $workers workers', async ({ slots, workers }) => {
    const { inFlight, speedup, waiting, latencyMs } = await measureSlots({ slots, workers });
    expect(Math.abs(inFlight.said / inFlight.truth - 1)).toBeLessThan(tolerance);
    expect(Math.abs(speedup.said / speedup.truth - 1)).toBeLessThan(tolerance);
    expect(Math.abs(waiting.said - waiting.truth)).toBeLessThan(tolerance * latencyMs);
  });

  it('counts waiting for the requests of another program, too', async () => {
    const { waiting, speedup, latencyMs, summary } = await measureSlots({ slots: 1, workers: 1, others: 2 });
    expect(Math.abs(waiting.said - waiting.truth)).toBeLessThan(tolerance * latencyMs);
    expect(Math.abs(speedup.said / speedup.truth - 1)).toBeLessThan(tolerance);
    expect(queueWarning(summary, true)).toMatch(
      /^reviews waited \d\d % of their time in the server's queue, with one worker: another program uses the server$/,
    );
  });

  it('is null where the server does not tell, but what was sent at once is known', async () => {
    const { summary, inFlight } = await measureSlots({ slots: 4, workers: 8, tells: false });
    expect(summary).toMatchObject({ queue_ms: null, estimated_speedup: null });
    expect(inFlight.said).toBeGreaterThan(7);
    expect(queueWarning(summary, true)).toBeNull();
  });

  it('is null where waiting cannot be told from the work around an evaluation', async () => {
    const { summary } = await measureSlots({ slots: 16, workers: 8, overhead: 0.3 });
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
  });

  it('is silent where the slots suffice', async () => {
    const { summary } = await measureSlots({ slots: 8, workers: 8 });
    expect(queueWarning(summary, true)).toBeNull();
  });
});

describe('the time of a server', () => {
  it('is not known before the first answer', () => {
    expect(new ServerTime().summarize()).toEqual({ waiting: null, serviceMs: null });
  });

  it('is not estimated where only some answers tell it', () => {
    const time = new ServerTime();
    time.add(100, 0);
    time.add(100, null);
    expect(time.summarize()).toMatchObject({ waiting: { mean: 0 }, serviceMs: null });
  });

  it('takes no answer for a measurement whose times contradict each other', () => {
    const time = new ServerTime();
    time.add(100, 120);
    expect(time.summarize()).toEqual({ waiting: null, serviceMs: null });
  });
});
