import { describe, expect, it } from 'vitest';
import { CalibrationErrorTally } from '../../../src/foundation/statistics/calibration-error.js';
import { reliabilityBin, reliabilityBins } from '../../../src/foundation/statistics/probability-scores.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { isWriting, pageTable } from '../page-table.js';

/** How confidences are distributed, by a number from 0 to 1, and how often answers of a confidence are correct. */
interface World {
  readonly name: string;
  readonly confidenceOf: (uniform: number) => number;
  readonly truthOf: (confidence: number) => number;
}

const even = (uniform: number) => 0.35 + 0.65 * uniform;
const high = (uniform: number) => 1 - 0.4 * uniform ** 3;

const worlds: readonly World[] = [
  { name: 'perfect, confidences 0.35 to 1', confidenceOf: even, truthOf: (confidence) => confidence },
  { name: 'perfect, mostly above 0.9', confidenceOf: high, truthOf: (confidence) => confidence },
  { name: '3 points too confident, 0.35 to 1', confidenceOf: even, truthOf: (confidence) => confidence - 0.03 },
  { name: '3 points too confident, mostly above 0.9', confidenceOf: high, truthOf: (confidence) => confidence - 0.03 },
  { name: 'wrong above 0.9 only', confidenceOf: high, truthOf: (confidence) => (confidence > 0.9 ? 0.85 : confidence) },
  { name: 'correct 0.7 times as often as said', confidenceOf: even, truthOf: (confidence) => 0.7 * confidence },
];

/** The error of the ten bins over all answers of a world. */
function trueError({ confidenceOf, truthOf }: World): number {
  const deviations = new Float64Array(reliabilityBins);
  const points = 200_000;
  for (let point = 0; point < points; point += 1) {
    const confidence = confidenceOf((point + 0.5) / points);
    const bin = reliabilityBin(confidence);
    deviations[bin] = (deviations[bin] ?? 0) + truthOf(confidence) - confidence;
  }
  return deviations.reduce((sum, deviation) => sum + Math.abs(deviation), 0) / points;
}

/** How often the interval covers the truth, and a sample exceeds what 95 of 100 perfect models show. */
function simulate(world: World, rows: number, samples: number) {
  const truth = trueError(world);
  const estimates = Array.from({ length: samples }, (_, sample) => {
    const random = seededRandom(7_919 * sample + rows);
    const tally = new CalibrationErrorTally();
    for (let row = 0; row < rows; row += 1) {
      const confidence = world.confidenceOf(random());
      tally.add(confidence, random() < world.truthOf(confidence));
    }
    return tally.estimate({ draws: 300 });
  }).filter((estimate) => estimate !== null);
  const mean = (of: (estimate: (typeof estimates)[number]) => number) =>
    estimates.reduce((sum, estimate) => sum + of(estimate), 0) / samples;
  return {
    truth,
    shown: mean(({ value }) => value),
    perfect: mean(({ ifPerfect }) => ifPerfect.mean),
    covers: mean(({ interval }) => (interval.lower <= truth && truth <= interval.upper ? 1 : 0)),
    exceeds: mean(({ value, ifPerfect }) => (value > ifPerfect.upper ? 1 : 0)),
  };
}

describe.skipIf(isWriting)('200 simulated samples of 200 rows', () => {
  it.each(worlds)('have an interval that covers the truth: $name', { timeout: 120_000 }, (world) => {
    const { truth, covers, exceeds } = simulate(world, 200, 200);
    expect(covers).toBeGreaterThanOrEqual(0.92);
    if (truth === 0) expect(exceeds).toBeLessThanOrEqual(0.09);
  });
});

if (isWriting) {
  it('the table of the page is written', { timeout: 600_000 }, async () => {
    const head =
      '| world | rows | true error | mean of the samples | a perfect model | interval covers | above 95 % of perfect models |';
    const share = (value: number) => `${(100 * value).toFixed(1)} %`;
    const lines = worlds.flatMap((world) =>
      [200, 1_000].map((rows) => {
        const { truth, shown, perfect, covers, exceeds } = simulate(world, rows, 300);
        const errors = [truth, shown, perfect].map((error) => error.toFixed(3));
        return `| ${[world.name, rows, ...errors, share(covers), share(exceeds)].join(' | ')} |`;
      }),
    );
    const table = [head, '|---|---|---|---|---|---|---|', ...lines].join('\n');
    await pageTable('statistics.md', 'simulation of the calibration error').write(table);
  });
}
