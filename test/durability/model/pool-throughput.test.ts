import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { createPool } from '../../../src/model/pool/pool.js';
import { processParallel } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { about, slotHost } from '../../model/pool/slot-host.js';

interface Plan {
  readonly slots: number;
  readonly serviceMs: number;
}

const items = 2_000;

/** Items per second of simulated time. `scatter` is the σ of log-normal service times of the given mean. */
async function throughput(plans: readonly Plan[], workers: number, scatter = 0): Promise<number> {
  const clock = createManualClock();
  const random = seededRandom(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const upstreams = plans.map(({ slots, serviceMs }, index) => {
    const time = () => serviceMs * Math.exp(scatter * normal() - scatter ** 2 / 2);
    const model = slotHost(`http://${index}`, { slots, serviceMs: time, clock });
    return { server: model.server, model };
  });
  const pool = createPool({ upstreams, runtime: clock });
  const subjects = Array.from({ length: items }, (_, index) => String(index));
  const done = processParallel(subjects, (subject, { signal }) => pool.ask(about(subject), { signal }), {
    maxWorkers: workers,
    runtime: clock,
  });
  await clock.advanceToEnd();
  const { results } = await done;
  expect(results.map(({ text }) => text)).toEqual(subjects.map((subject) => `answer to ${subject}`));
  await pool.close();
  return items / clock.now();
}

const slow = { slots: 2, serviceMs: 60 };
const quick = { slots: 2, serviceMs: 20 };

describe('unequal hosts together reach at least 0.95 of what each reaches alone, added up', () => {
  test.each<[string, Plan[], number, number]>([
    ['1 : 3 by speed, as many workers as slots', [slow, quick], 4, 0],
    ['1 : 3 by speed, twice as many workers as slots', [slow, quick], 8, 0],
    ['1 : 3 by speed, times that scatter', [slow, quick], 16, 0.5],
    [
      '1 : 3 by slots',
      [
        { slots: 1, serviceMs: 20 },
        { slots: 3, serviceMs: 20 },
      ],
      4,
      0.5,
    ],
    [
      'many slots that are slow, few that are quick',
      [
        { slots: 8, serviceMs: 60 },
        { slots: 1, serviceMs: 20 },
      ],
      16,
      0.5,
    ],
    [
      '1 : 10 by speed',
      [
        { slots: 4, serviceMs: 20 },
        { slots: 4, serviceMs: 200 },
      ],
      16,
      0.5,
    ],
    ['three', [slow, quick, { slots: 6, serviceMs: 30 }], 16, 0.5],
    ['equal', [quick, quick], 4, 0.5],
  ])('%s', async (_, plans, workers, scatter) => {
    const alone = [];
    for (const plan of plans) alone.push(await throughput([plan], workers, scatter));
    const together = await throughput(plans, workers, scatter);
    expect(together / alone.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(0.95);
  });
});
