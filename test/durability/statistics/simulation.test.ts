import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { exactMcNemar, holm } from '../../../src/foundation/statistics/paired-tests.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { type Simulated, simulate, type World, worlds } from './simulated-experiment.js';

const page = new URL('../../../docs/statistics.md', import.meta.url);
const [begin, end] = ['<!-- simulation -->', '<!-- /simulation -->'];
const isWriting = process.env.CHORALE_WRITE_DOCS === '1';

/** The tests take fewer samples than the tool does, and two of the worlds. */
const quick = { rows: 400, experiments: 2_000, resamples: 400 };

function hold(figures: Simulated): void {
  if (!figures.hasDifference) {
    expect.soft(figures.mcnemarClaims).toBeLessThanOrEqual(0.06);
    expect.soft(figures.bootstrapClaims).toBeLessThanOrEqual(0.06);
  }
  for (const name of ['wilsonCovers', 'tangoCovers', 'bootstrapCovers'] as const) {
    expect.soft(figures[name], name).toBeGreaterThanOrEqual(0.93);
    expect.soft(figures[name], name).toBeLessThanOrEqual(0.97);
  }
}

describe.skipIf(isWriting)('2,000 simulated experiments of 400 rows', () => {
  it.each(worlds.filter((_, index) => index === 0 || index === 4))(
    'find no more than they should, and cover the truth: $name',
    { timeout: 120_000 },
    (world) => hold(simulate(world, quick)),
  );
});

describe('the table of the page', () => {
  it.skipIf(isWriting)('holds what it promises', async () => {
    const text = await readFile(page, 'utf8');
    const lines = (text.split(begin)[1]?.split(end)[0] ?? '').split('\n').filter((line) => line.includes('| 400 |'));
    expect(lines.map((line) => line.split(' | ')[0])).toEqual(worlds.map(({ name }) => `| ${name}`));
    for (const [index, line] of lines.entries()) {
      const shares = [...(line.split('| 400 |')[1]?.matchAll(/\d+\.\d(?= %)/g) ?? [])].map(
        ([share]) => Number(share) / 100,
      );
      const [mcnemarClaims = 9, bootstrapClaims = 9, wilsonCovers = 9, tangoCovers = 9, bootstrapCovers = 9] = shares;
      const { first, second } = worlds[index] ?? { first: 0, second: 0 };
      hold({
        hasDifference: first !== second,
        mcnemarClaims,
        bootstrapClaims,
        wilsonCovers,
        tangoCovers,
        bootstrapCovers,
      });
    }
  });

  const write = isWriting ? it : null;
  write?.('is written with all worlds and 2,000 samples', { timeout: 3_600_000 }, async () => {
    const full = (world: World, rows: number) => simulate(world, { rows, experiments: 2_000, resamples: 2_000 });
    const lines = [400, 100].flatMap((rows) =>
      worlds.map((world) => {
        const figures = full(world, rows);
        if (rows === 400) hold(figures);
        return renderLine(world, rows, figures);
      }),
    );
    const text = await readFile(page, 'utf8');
    const [before = '', rest = ''] = text.split(begin);
    const [, after = ''] = rest.split(end);
    const head =
      '| world | rows | claims: McNemar | claims: bootstrap | Wilson covers | Tango covers | bootstrap covers |\n' +
      '|---|---|---|---|---|---|---|';
    await writeFile(page, `${before}${begin}\n\n${[head, ...lines].join('\n')}\n\n${end}${after}`);
  });
});

function renderLine(world: World, rows: number, figures: Simulated): string {
  const { mcnemarClaims, bootstrapClaims, wilsonCovers, tangoCovers, bootstrapCovers } = figures;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const claims = [mcnemarClaims, bootstrapClaims].map(
    (share) => `${percent(share)}${figures.hasDifference ? ' (true)' : ''}`,
  );
  return `| ${[world.name, rows, ...claims, ...[wilsonCovers, tangoCovers, bootstrapCovers].map(percent)].join(' | ')} |`;
}

describe('four judges of equal skill, each pair tested and corrected', () => {
  it('lead to a false claim in at most 6 % of 2,000 experiments', () => {
    const random = seededRandom(8);
    const pairs = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].filter((b) => a < b).map((b) => [a, b] as const));
    let wrong = 0;
    for (let experiment = 0; experiment < 2_000; experiment += 1) {
      const discordant = pairs.map(() => [0, 0]);
      for (let row = 0; row < 200; row += 1) {
        const hard = random() < 0.5 ? 0.95 : 0.5;
        const right = [0, 1, 2, 3].map(() => random() < hard);
        for (const [index, [a, b]] of pairs.entries()) {
          const counts = discordant[index];
          if (!counts || right[a] === right[b]) continue;
          const side = right[a] ? 0 : 1;
          counts[side] = (counts[side] ?? 0) + 1;
        }
      }
      const corrected = holm(discordant.map(([b = 0, c = 0]) => exactMcNemar(b, c)));
      if (corrected.some((p) => p <= 0.05)) wrong += 1;
    }
    expect(wrong / 2_000).toBeLessThanOrEqual(0.06);
    expect(wrong).toBeGreaterThan(0);
  });
});
