import { describe, expect, it } from 'vitest';
import { isWriting, pageTable } from '../page-table.js';
import { type BlockWorld, blockCoverage } from './simulated-blocks.js';

const worlds: readonly BlockWorld[] = (['none', 'steps'] as const).flatMap((drift) =>
  [5, 10, 20].flatMap((blocks) => [1, 4].map((workers) => ({ blocks, rows: 20, workers, spread: 0.1, drift }))),
);

describe.skipIf(isWriting)('the interval of a speed', () => {
  it.each(worlds)(
    'covers in 400 simulated experiments: $blocks blocks, $workers workers, drift $drift',
    { timeout: 120_000 },
    (world) => {
      const { rate, median } = blockCoverage(world, { experiments: 400, resamples: 2_000 });
      expect(rate).toBeGreaterThanOrEqual(0.89);
      expect(median).toBeGreaterThanOrEqual(0.88);
    },
  );
});

if (isWriting) {
  it('the table of the page is written', { timeout: 600_000 }, async () => {
    const head =
      '| server | blocks of 20 rows | workers | rate: interval covers | median latency: interval covers |\n|---|---|---|---|---|';
    const lines = worlds.map((world) => {
      const { rate, median } = blockCoverage(world, { experiments: 1_000, resamples: 2_000 });
      const server = world.drift === 'none' ? 'steady' : 'steps';
      return `| ${[server, world.blocks, world.workers, percent(rate), percent(median)].join(' | ')} |`;
    });
    await pageTable('statistics.md', 'simulation of the speed').write([head, ...lines].join('\n'));
  });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
