import { describe, expect, it } from 'vitest';
import { isWriting, pageTable } from '../page-table.js';
import {
  coverageOfMacroF1,
  falseClaimsOfMacroF1,
  type ManyFigures,
  type ManyVariants,
  manyVariants,
  simulateMany,
} from './many-variants.js';
import { type Simulated, simulate, type World, worlds } from './simulated-experiment.js';

const pairTable = pageTable('statistics.md', 'simulation');
const manyTable = pageTable('statistics.md', 'simulation of several');

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
    const lines = (await pairTable.readLines()).filter((line) => line.includes('| 400 |'));
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
        exactClaims: 0,
        contradictions: 0,
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
    const head =
      '| world | rows | claims: McNemar | claims: bootstrap | Wilson covers | Tango covers | bootstrap covers |\n' +
      '|---|---|---|---|---|---|---|';
    await pairTable.write([head, ...lines].join('\n'));
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

const manyQuick = { experiments: 500, draws: 2_000 };

function holdMany({ contradictions, falseClaims, allCovered, selected }: ManyFigures, error: number): void {
  expect.soft(contradictions).toBe(0);
  expect.soft(falseClaims).toBeLessThanOrEqual(0.05 + error);
  expect.soft(allCovered).toBeGreaterThanOrEqual(0.94 - error);
  expect.soft(selected).toBeGreaterThanOrEqual(0.93);
  expect.soft(selected).toBeLessThanOrEqual(0.97);
}

describe.skipIf(isWriting)('500 simulated experiments of several variants', () => {
  it.each(manyVariants.filter(({ skills }) => skills.length < 20))(
    'never contradict themselves, claim no more than they should, and cover the truth: $name',
    { timeout: 120_000 },
    (world) => holdMany(simulateMany(world, manyQuick), 0.015),
  );
});

describe('a single pair, in 2,000 simulated experiments', () => {
  it.each(worlds.slice(0, 2))(
    'is never contradicted by its interval, and the mid-p test finds more: $name',
    (world) => {
      const { contradictions, mcnemarClaims, exactClaims } = simulate(world, { ...quick, resamples: 100 });
      expect(contradictions).toBe(0);
      expect(mcnemarClaims).toBeLessThanOrEqual(0.06);
      expect(mcnemarClaims).toBeGreaterThan(exactClaims);
    },
  );

  it('gains 2 to 7 points of power over the exact test', { timeout: 120_000 }, () => {
    const powers = [
      { ...differing, rows: 100 },
      { ...differing, rows: 200 },
    ].map(({ rows, ...world }) => simulate(world, { rows, experiments: 2_000, resamples: 100 }));
    for (const { mcnemarClaims, exactClaims } of powers) {
      expect(mcnemarClaims - exactClaims).toBeGreaterThanOrEqual(0.02);
      expect(mcnemarClaims - exactClaims).toBeLessThanOrEqual(0.07);
    }
  });
});

const differing: World = {
  name: '85 against 77 %',
  seed: 9,
  labels: [0.5, 0.5],
  first: 0.85,
  second: 0.77,
  alike: 0.5,
};

describe('the corrected macro-F1 of the best of equal variants', () => {
  it.each([2, 5, 20])(
    'covers the truth as often as it promises, in 2,000 experiments: %s variants',
    { timeout: 120_000 },
    (variants) => {
      const covered = coverageOfMacroF1({ variants, rare: 0.2, rows: 400, experiments: 2_000 });
      expect(covered).toBeGreaterThanOrEqual(0.93);
      expect(covered).toBeLessThanOrEqual(0.97);
    },
  );
});

describe('four equal variants, compared by macro-F1', () => {
  it('lead to a false claim in at most 6 % of 2,000 experiments', { timeout: 240_000 }, () => {
    const claimed = falseClaimsOfMacroF1({ variants: 4, rare: 0.2, rows: 300, experiments: 2_000 });
    expect(claimed).toBeLessThanOrEqual(0.06);
    expect(claimed).toBeGreaterThan(0.02);
  });
});

describe('the table of several variants', () => {
  it.skipIf(isWriting)('holds what it promises', async () => {
    const lines = await manyTable.readLines();
    expect(lines.map((line) => line.slice(2).split(' | ')[0])).toEqual(manyVariants.map(({ name }) => name));
    for (const line of lines) {
      const cells = line.split(' | ').slice(2).map(Number.parseFloat);
      const [contradictions = 9, falseClaims = 9, allCovered = 9, naive = 9, selected = 9] = cells;
      holdMany(
        {
          contradictions,
          falseClaims: falseClaims / 100,
          allCovered: allCovered / 100,
          naive: naive / 100,
          selected: selected / 100,
        },
        0.005,
      );
    }
  });

  const write = isWriting ? it : null;
  write?.('is written with all worlds and 2,000 experiments', { timeout: 3_600_000 }, async () => {
    const lines = manyVariants.map((world) => {
      const figures = simulateMany(world, { experiments: 2_000, draws: 5_000 });
      holdMany(figures, 0.005);
      return renderMany(world, figures);
    });
    const head =
      '| variants | rows | contradictions | false claims | all differences covered | best: usual interval covers | best: corrected covers |\n' +
      '|---|---|---|---|---|---|---|';
    await manyTable.write([head, ...lines].join('\n'));
  });
});

function renderMany({ name, rows }: ManyVariants, figures: ManyFigures): string {
  const { contradictions, falseClaims, allCovered, naive, selected } = figures;
  const percents = [falseClaims, allCovered, naive, selected].map((share) => `${(share * 100).toFixed(1)} %`);
  return `| ${[name, rows, contradictions, ...percents].join(' | ')} |`;
}
