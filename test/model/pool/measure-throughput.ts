import { expect } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { createPool } from '../../../src/model/pool/pool.js';
import { processParallel } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { about, slotHost } from './slot-host.js';

/** A simulated host. */
export interface Plan {
  readonly slots: number;
  readonly serviceMs: number;
}

/** Items per second of simulated time. `scatter` is the σ of log-normal service times of the given mean. */
async function throughput(plans: readonly Plan[], workers: number, scatter: number, items: number): Promise<number> {
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

export const slow = { slots: 2, serviceMs: 60 };
export const quick = { slots: 2, serviceMs: 20 };

/** Throughput of a pool as a share of what its hosts reach alone, added up. */
export async function shareOfHostsAlone(plans: readonly Plan[], workers: number, scatter: number, items: number) {
  const alone = [];
  for (const plan of plans) alone.push(await throughput([plan], workers, scatter, items));
  const together = await throughput(plans, workers, scatter, items);
  return together / alone.reduce((sum, one) => sum + one, 0);
}
