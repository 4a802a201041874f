import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { createPool } from '../../../src/model/pool/pool.js';
import { processParallel } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { about, slotHost } from './slot-host.js';

interface Plan {
  readonly slots: number;
  readonly serviceMs: number;
}

const items = 1_000;

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
  /** Other hosts: test/durability/model/pool-throughput.test.ts. */
  test.each<[string, Plan[], number, number]>([['three', [slow, quick, { slots: 6, serviceMs: 30 }], 16, 0.5]])(
    '%s',
    async (_, plans, workers, scatter) => {
      const alone = [];
      for (const plan of plans) alone.push(await throughput([plan], workers, scatter));
      const together = await throughput(plans, workers, scatter);
      expect(together / alone.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(0.95);
    },
  );
});
