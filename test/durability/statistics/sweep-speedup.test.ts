import { describe, expect, it } from 'vitest';
import { type SimulatedServer, simulatedSweep } from '../../measure/sweep/simulated-server.js';
import { isWriting, pageTable } from '../page-table.js';

interface World extends Omit<SimulatedServer, 'seed'> {
  readonly name: string;
  readonly workers: number;
  /** The true speedup of these workers over one. */
  readonly truth: number;
}

const levelMs = 4_000;

const worlds: readonly World[] = [1, 2, 4, 16].flatMap((slots) => [
  {
    name: `${slots} slots, log-normal times`,
    slots,
    serviceMs: 50,
    scatter: 0.5,
    workers: 8,
    truth: Math.min(8, slots),
  },
  {
    name: `${slots} slots, log-normal times, 1 % slower in each level`,
    slots,
    serviceMs: 50,
    scatter: 0.5,
    drift: (nowMs: number) => 1.01 ** Math.floor(nowMs / levelMs),
    workers: 8,
    truth: Math.min(8, slots),
  },
]);

async function coverage({ name: _, workers, truth, ...server }: World, sweeps: number) {
  let covered = 0;
  let sum = 0;
  for (let seed = 1; seed <= sweeps; seed += 1) {
    const options = { levels: [1, workers], durationMs: levelMs, repeats: 5, seed, agreementRows: 1 };
    const { summary } = await simulatedSweep({ ...server, seed }, options);
    const speedup = summary.levels.at(-1)?.speedup;
    const { lower = 0, upper = 0 } = speedup?.interval ?? {};
    if (lower <= truth && truth <= upper) covered += 1;
    sum += (speedup?.value ?? 0) / truth;
  }
  return { covers: covered / sweeps, bias: sum / sweeps - 1 };
}

describe('the interval of a speedup', () => {
  it('covers the truth in 92 to 98 % of 200 simulated sweeps', { timeout: 300_000 }, async () => {
    const [, , , , world] = worlds;
    const { covers, bias } = await coverage(world as World, 200);
    expect(covers).toBeGreaterThanOrEqual(0.92);
    expect(covers).toBeLessThanOrEqual(0.98);
    expect(Math.abs(bias)).toBeLessThan(0.03);
  });
});

if (isWriting) {
  it('the table of the page is written', { timeout: 3_600_000 }, async () => {
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    const lines: string[] = [];
    for (const world of worlds) {
      const { covers, bias } = await coverage(world, 400);
      lines.push(`| ${[world.name, world.workers, world.truth, percent(bias), percent(covers)].join(' | ')} |`);
    }
    const head = '| server | workers | true speedup | mean error | the interval covers |\n|---|---|---|---|---|';
    await pageTable('measuring.md', 'simulation of the speedup').write([head, ...lines].join('\n'));
  });
}
