import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type BlockWorld, blockCoverage } from './simulated-blocks.js';

const page = new URL('../../../docs/statistics.md', import.meta.url);
const [begin, end] = ['<!-- simulation of the speed -->', '<!-- /simulation of the speed -->'];
const isWriting = process.env.CHORALE_WRITE_DOCS === '1';

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

describe.runIf(isWriting)('the table of the page', () => {
  it('is written', { timeout: 600_000 }, async () => {
    const head =
      '| server | blocks of 20 rows | workers | rate: interval covers | median latency: interval covers |\n|---|---|---|---|---|';
    const lines = worlds.map((world) => {
      const { rate, median } = blockCoverage(world, { experiments: 1_000, resamples: 2_000 });
      const server = world.drift === 'none' ? 'steady' : 'steps';
      return `| ${[server, world.blocks, world.workers, percent(rate), percent(median)].join(' | ')} |`;
    });
    const text = await readFile(page, 'utf8');
    const [before, rest] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
    await writeFile(page, `${text.slice(0, before)}\n\n${[head, ...lines].join('\n')}\n\n${text.slice(rest)}`);
  });
});

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
