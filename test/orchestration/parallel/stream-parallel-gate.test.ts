import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/foundation/errors/usage-errors.js';
import { streamParallel } from '../../../src/orchestration/index.js';
import type { Gate } from '../../../src/orchestration/parallel/gate.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';

/** A gate that lets in as many at once as it is told, in order, and counts. */
function createGate(most: number) {
  const line: (() => void)[] = [];
  const seen = { inside: 0, most: 0, entered: 0, left: 0, asked: 0 };
  const letIn = () => {
    while (seen.inside < most) {
      const next = line.shift();
      if (!next) return;
      seen.inside += 1;
      seen.entered += 1;
      seen.most = Math.max(seen.most, seen.inside);
      next();
    }
  };
  const gate: Gate = {
    enter: (signal) =>
      new Promise((resolve, reject) => {
        seen.asked += 1;
        signal.throwIfAborted();
        const turnAway = () => {
          line.splice(line.indexOf(go), 1);
          reject(signal.reason);
        };
        const go = () => {
          signal.removeEventListener('abort', turnAway);
          let isOut = false;
          resolve(() => {
            if (isOut) throw new Error('left twice');
            isOut = true;
            seen.inside -= 1;
            seen.left += 1;
            letIn();
          });
        };
        signal.addEventListener('abort', turnAway, { once: true });
        line.push(go);
        letIn();
      }),
  };
  return { gate, seen };
}

describe('a gate in front of the items', () => {
  test('is not asked for items that need not ask it, which keep their place', async () => {
    const { gate, seen } = createGate(1);
    const isGated = (n: number) => n % 2 === 0;
    const values: unknown[] = [];
    for await (const outcome of streamParallel([0, 1, 2, 3, 4], async (n) => n * 10, { concurrency: 3, gate, isGated }))
      if (outcome.status === 'ok') values.push(outcome.value);
    expect(values).toEqual([0, 10, 20, 30, 40]);
    expect(seen).toMatchObject({ asked: 3, entered: 3, left: 3 });
  });

  test('lets no more in than it wants; nothing is lost, and the order stays', async () => {
    const sizes = fc.array(fc.nat(30), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (pauses, most, concurrency) => {
          const clock = createManualClock();
          const { gate, seen } = createGate(most);
          let active = 0;
          let mostActive = 0;
          const stream = streamParallel(
            pauses,
            (pause) => {
              active += 1;
              mostActive = Math.max(mostActive, active);
              return new Promise<number>((resolve) => {
                clock.setTimer(pause, () => {
                  active -= 1;
                  resolve(pause);
                });
              });
            },
            { concurrency, gate, runtime: clock },
          );
          const values: unknown[] = [];
          const read = (async () => {
            for await (const outcome of stream) values.push(outcome.status === 'ok' && outcome.value);
          })();
          await clock.advanceToEnd();
          await read;
          expect(values).toEqual(pauses);
          expect(mostActive).toBeLessThanOrEqual(Math.min(most, concurrency));
          expect(seen).toMatchObject({ inside: 0, entered: pauses.length, left: pauses.length, asked: pauses.length });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is not asked beyond the end of a source that nobody counted', async () => {
    const { gate, seen } = createGate(1);
    async function* source() {
      yield 1;
      yield 2;
    }
    for await (const { status } of streamParallel(source(), async () => {}, { gate })) expect(status).toBe('ok');
    expect(seen.asked).toBe(2);
  });

  test('an item that waits in front of it is not started when the run is stopped, and counts as such', async () => {
    const { gate, seen } = createGate(0);
    const stop = new AbortController();
    const observer = createRecordingObserver();
    const stream = streamParallel([1, 2, 3], async () => {}, { gate, signal: stop.signal, observer });
    const next = stream.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect(seen).toMatchObject({ entered: 0, inside: 0 });
    expect(observer.events.at(-1)?.data).toMatchObject({
      items_processed: 0,
      items_cancelled: 0,
      items_not_started: 3,
    });
    expect(observer.events.map(({ type }) => type)).toEqual(['parallel.start', 'parallel.complete']);
  });

  test('a reader who leaves while an item waits leaves nothing behind', async () => {
    const { gate, seen } = createGate(1);
    const never = new Promise<void>(() => {});
    const work = (item: number, { signal }: { readonly signal: AbortSignal }) =>
      item === 1
        ? Promise.resolve()
        : Promise.race([never, new Promise((_, no) => signal.addEventListener('abort', no))]);
    for await (const { status } of streamParallel([1, 2, 3], work, { gate, concurrency: 3 })) {
      expect(status).toBe('ok');
      break;
    }
    expect(seen.inside).toBe(0);
    expect(seen.entered).toBe(seen.left);
  });

  test('one that fails ends the run with its error, after the outcomes of what was started', async () => {
    const broken = new Error('no such gate');
    const { gate: open } = createGate(9);
    let count = 0;
    const gate: Gate = { enter: (signal) => (count++ < 2 ? open.enter(signal) : Promise.reject(broken)) };
    const done: number[] = [];
    const read = async () => {
      for await (const { index } of streamParallel([1, 2, 3, 4], async () => {}, { gate, concurrency: 4 }))
        done.push(index);
    };
    await expect(read()).rejects.toBe(broken);
    expect(done).toEqual([0, 1]);
  });

  test.each([null, {}, { enter: 1 }, 'gate'])('%j is none', (gate) => {
    expect(() => streamParallel([1], async () => {}, { gate: gate as unknown as Gate })).toThrow(InvalidOptionError);
  });
});
