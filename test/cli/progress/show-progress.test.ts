import { describe, expect, it } from 'vitest';
import { Display } from '../../../src/cli/progress/show-progress.js';
import type { WaitedFor } from '../../../src/cli/progress/waits.js';
import type { Event } from '../../../src/foundation/events/event.js';
import { createManualClock } from '../../../src/testing/index.js';

const server = 'http://127.0.0.1:11434';
const whom: WaitedFor = { servers: [server], mostPerSecond: Number.POSITIVE_INFINITY, limit: null };

/** A display on a screen of so many columns; null: not on a terminal. */
function shown(columns: number | null = null, waitedFor: Partial<WaitedFor> = {}) {
  const clock = createManualClock();
  const lines: string[] = [];
  const drawn: string[] = [];
  const display = new Display(
    { ...whom, ...waitedFor },
    {
      liveColumns: () => columns,
      drawLine: (line) => drawn.push(line),
      clearLine() {},
      keepLine() {},
      log: (line) => lines.push(line),
    },
    clock,
  );
  const happen = (type: string, data: object) =>
    display.observer.onEvent({
      type,
      data: { item: '1', attempt: 1, ...data },
      source: 'agent',
      timestamp: 0,
    } as Event);
  const done = (count: number) =>
    display.update({ done: count, total: 100, failed: 0, reused: 0, byLabel: new Map(), elapsedMs: clock.now() });
  return { clock, lines, drawn, display, happen, done };
}

const pause = { delay_ms: 60_000, server_asked: true, error_type: 'CHORALE_MODEL_BUSY', message: 'busy' };

describe('without a terminal', () => {
  it('says at once that the server asked for a pause, and for how long still', async () => {
    const { clock, lines, display, happen } = shown();
    display.begin('the first answer');
    happen('model.request', {});
    happen('model.response', { error: true });
    happen('model.retry', pause);
    await clock.advance(2_000);
    expect(lines).toEqual(['waiting 59 s: server asked for a pause']);
    display.end();
  });

  it('says within 6 s that a server does not answer', async () => {
    const { clock, lines, display, happen } = shown();
    display.begin('the first answer');
    happen('model.request', {});
    await clock.advance(6_000);
    expect(lines).toEqual([`no answer from ${server} for 5 s`]);
    display.end();
  });

  it('says within 6 s what goes on before the first request', async () => {
    const { clock, lines, display } = shown();
    display.begin('loading llama3.2:3b');
    await clock.advance(6_000);
    expect(lines).toEqual(['waiting 5 s: loading llama3.2:3b']);
    display.end();
  });

  it('says the same less and less often', async () => {
    const { clock, lines, display, happen } = shown();
    happen('model.request', {});
    display.begin('the first answer');
    await clock.advance(600_000);
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.length).toBeLessThan(16);
    display.end();
  });

  it('tells the progress every 5 s, and what it waits for at the end of it', async () => {
    const { clock, lines, display, done, happen } = shown();
    for (let second = 1; second <= 10; second += 1) {
      happen('model.request', { item: `${second}` });
      await clock.advance(1_000);
      happen('model.response', { item: `${second}`, error: false });
      done(second);
    }
    happen('model.request', { item: '11' });
    await clock.advance(6_000);
    expect(lines).toEqual([
      '5/100 (5%) · 0.8/s · 1 min 54 s left',
      '10/100 (10%) · 0.9/s · 1 min 39 s left',
      expect.stringMatching(`^10/100 \\(10%\\) · no answer from ${server} for 5 s · `),
    ]);
    display.end();
  });

  it.each([
    [
      'why the next attempt waits',
      { ...pause, server_asked: false, delay_ms: 20_000, message: 'no connection' },
      /^waiting 19 s: then another attempt \(no connection\)$/,
    ],
    ['no control characters of foreign texts', { ...pause, server_asked: false, message: 'a' }, /^[^\p{Cc}]*$/u],
  ])('says %s', async (_, retry, expected) => {
    const { clock, lines, display, happen } = shown();
    display.begin('the first answer');
    happen('model.retry', retry);
    await clock.advance(2_000);
    expect(lines).toEqual([expect.stringMatching(expected)]);
    display.end();
  });

  it('names the rate limit where that is what holds', async () => {
    const { clock, lines, display, done } = shown(null, { limit: '6 requests/min', mostPerSecond: 0.1 });
    done(1);
    await clock.advance(6_000);
    expect(lines.at(-1)).toMatch(/^1\/100 \(1%\) · waiting: rate limit \(6 requests\/min\) · .*16 min 30 s left/);
    display.end();
  });

  it('names all servers that are down', async () => {
    const { clock, lines, display, happen } = shown();
    display.begin('loading llama3.2:3b');
    happen('host.down', { server, reason: 'ECONNREFUSED' });
    await clock.advance(6_000);
    expect(lines).toEqual([
      `warning: ${server} is down: ECONNREFUSED`,
      `waiting 5 s: ${server} is down (ECONNREFUSED)`,
    ]);
    display.end();
  });

  it('says that results wait for whoever reads them', async () => {
    const { clock, lines, display } = shown();
    display.begin('the first answer');
    let written = () => {};
    const writing = display.during(
      'the results are being written',
      new Promise<void>((resolve) => (written = resolve)),
    );
    await clock.advance(7_000);
    expect(lines.at(-1)).toMatch(/^waiting \d s: the results are being written$/);
    written();
    await writing;
    display.end();
  });
});

describe('on a terminal', () => {
  it('is redrawn every second, also where nothing happens', async () => {
    const { clock, drawn, display, happen } = shown(100);
    display.begin('the first answer');
    happen('model.retry', pause);
    await clock.advance(3_500);
    expect(drawn).toEqual([59, 58, 57].map((seconds) => `waiting ${seconds} s: server asked for a pause`));
    display.end();
  });

  it('estimates from the last minute', async () => {
    const { clock, drawn, display, done } = shown(100);
    done(50);
    for (let minute = 0; minute < 4; minute += 1) {
      await clock.advance(30_000);
      done(51 + minute);
    }
    // One review in the last minute, 47 to go; the fifty before it were quick.
    expect(drawn.at(-1)).toContain('53/100 (53%) · waiting 30 s');
    expect(drawn.at(-1)).toContain('47 min 0 s left');
    display.end();
  });

  it('leaves no timer behind', () => {
    const { clock, display, done } = shown(100);
    display.begin('loading');
    done(1);
    display.end();
    expect(clock.pendingTimers).toBe(0);
  });
});
