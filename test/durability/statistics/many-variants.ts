import { jointMetric, type Metric } from '../../../src/foundation/statistics/metric-covariance.js';
import { compareAccuracy, comparePaired } from '../../../src/foundation/statistics/paired-comparison.js';
import { PairedTable } from '../../../src/foundation/statistics/paired-table.js';
import { wilsonInterval } from '../../../src/foundation/statistics/proportions.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { selectedBest, selectedBestAccuracy } from '../../../src/foundation/statistics/selection-correction.js';
import { type ComparedPair, jointFamily } from '../../../src/foundation/statistics/simultaneous.js';

/** Variants whose true accuracy is known, on rows that are hard or easy for all of them. */
export interface ManyVariants {
  readonly name: string;
  readonly skills: readonly number[];
  readonly rows: number;
}

const equal = (count: number, skill = 0.8) => Array.from({ length: count }, () => skill);

export const manyVariants: readonly ManyVariants[] = [
  { name: '2 equal variants, 80 %', skills: equal(2), rows: 400 },
  { name: '4 equal variants, 80 %', skills: equal(4), rows: 200 },
  { name: '4 variants, one at 60 %, three equal', skills: [...equal(3), 0.6], rows: 200 },
  { name: '5 equal variants, 80 %', skills: equal(5), rows: 400 },
  { name: '5 variants, 76 to 84 %', skills: [0.76, 0.78, 0.8, 0.82, 0.84], rows: 400 },
  { name: '5 equal variants, 95 %', skills: equal(5, 0.95), rows: 200 },
  { name: '20 equal variants, 80 %', skills: equal(20), rows: 400 },
  { name: '20 variants, 70 to 85 %', skills: Array.from({ length: 20 }, (_, k) => 0.7 + (k * 0.15) / 19), rows: 400 },
];

/** Shares of the experiments. */
export interface ManyFigures {
  /** Some interval and its conclusion contradict each other. */
  readonly contradictions: number;
  /** A difference is claimed between two variants that are equal. */
  readonly falseClaims: number;
  /** All intervals hold their true differences. */
  readonly allCovered: number;
  /** The usual interval of the best variant holds its true accuracy. */
  readonly naive: number;
  /** The one that is corrected for the selection does. */
  readonly selected: number;
}

/** How much easier and harder than their mean two kinds of rows are. */
const spread = 0.15;

/** Half of the rows are easier for all variants, so that their answers are correlated. */
function drawRights({ skills, rows }: ManyVariants, random: () => number): readonly Uint8Array[] {
  const rights = skills.map(() => new Uint8Array(rows));
  for (let row = 0; row < rows; row += 1) {
    const easier = random() < 0.5 ? 1 : -1;
    for (const [k, skill] of skills.entries()) {
      const own = skill + easier * Math.min(spread, 1 - skill);
      const right = rights[k];
      if (right) right[row] = random() < own ? 1 : 0;
    }
  }
  return rights;
}

export function simulateMany(
  world: ManyVariants,
  { experiments, draws, seed = 11 }: { readonly experiments: number; readonly draws: number; readonly seed?: number },
): ManyFigures {
  const random = seededRandom(seed);
  const { skills, rows } = world;
  const pairs = skills.flatMap((_, i) => skills.slice(i + 1).map((__, k): ComparedPair => [i, i + 1 + k]));
  const tally = { contradictions: 0, falseClaims: 0, allCovered: 0, naive: 0, selected: 0 };
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rights = drawRights(world, random);
    const { values, covariance } = jointMetric('accuracy', {
      labels: 1,
      expected: new Uint8Array(rows),
      answers: rights.map(wrongAsNone),
    });
    const family = jointFamily(covariance, pairs, { draws, seed: experiment + 1 });
    const found = pairs.map(([i, j]) => {
      const compared = compareAccuracy(outcomesOf(rights[i], rights[j]), family);
      return { ...compared, truth: (skills[i] ?? 0) - (skills[j] ?? 0) };
    });
    const isOff = found.some(
      ({ interval, adjusted, significant }) =>
        significant !== (interval.lower > 0 || interval.upper < 0) || significant !== adjusted <= family.alpha,
    );
    if (isOff) tally.contradictions += 1;
    if (found.some(({ significant, truth }) => significant && truth === 0)) tally.falseClaims += 1;
    if (found.every(({ interval, truth }) => covers(interval, truth))) tally.allCovered += 1;
    const best = values.indexOf(Math.max(...values));
    const counts = values.map((value) => Math.round(value * rows));
    if (covers(wilsonInterval(counts[best] ?? 0, rows), skills[best] ?? 0)) tally.naive += 1;
    const selected = selectedBestAccuracy(counts, rows, covariance);
    if (selected && covers(selected.interval, skills[selected.best] ?? 0)) tally.selected += 1;
  }
  const share = (count: number) => count / experiments;
  return {
    contradictions: tally.contradictions,
    falseClaims: share(tally.falseClaims),
    allCovered: share(tally.allCovered),
    naive: share(tally.naive),
    selected: share(tally.selected),
  };
}

/** One label, and no answer where it is wrong. */
const wrongAsNone = (rights: Uint8Array) => rights.map((right) => 1 - right);

function outcomesOf(first: Uint8Array | undefined, second: Uint8Array | undefined) {
  const outcomes = { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
  for (const [row, right] of (first ?? new Uint8Array()).entries()) {
    if (right === 1) outcomes[second?.[row] === 1 ? 'bothRight' : 'onlyFirst'] += 1;
    else outcomes[second?.[row] === 1 ? 'onlySecond' : 'bothWrong'] += 1;
  }
  return outcomes;
}

function covers({ lower, upper }: { readonly lower: number; readonly upper: number }, value: number): boolean {
  return lower <= value + 1e-12 && value - 1e-12 <= upper;
}

/** Equal variants on two labels. */
interface MacroF1World {
  readonly variants: number;
  /** Share of the rare label. */
  readonly rare: number;
  readonly rows: number;
  readonly experiments: number;
}

/** How often the corrected interval holds the true macro-F1 of the best of equal variants, on two labels. */
export function coverageOfMacroF1({ variants, rare, rows, experiments }: MacroF1World): number {
  const random = seededRandom(12);
  const recall = 0.8;
  // F1 of the two labels for infinitely many rows.
  const f1 = (share: number) => (2 * share * recall) / (share + share * recall + (1 - share) * (1 - recall));
  const truth = (f1(rare) + f1(1 - rare)) / 2;
  const metric: Metric = 'macro-f1';
  let held = 0;
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const expected = Uint8Array.from({ length: rows }, () => (random() < rare ? 1 : 0));
    const hard = Uint8Array.from({ length: rows }, () => (random() < 0.5 ? 1 : 0));
    const answers = Array.from({ length: variants }, () =>
      expected.map((label, row) => (random() < recall + (hard[row] === 1 ? -0.15 : 0.15) ? label : 1 - label)),
    );
    const { values, covariance } = jointMetric(metric, { labels: 2, expected, answers });
    const selected = selectedBest(values, covariance);
    if (selected && covers(selected.interval, truth)) held += 1;
  }
  return held / experiments;
}

/** How often a difference of macro-F1 is claimed among equal variants, on two labels of which one is rare. */
export function falseClaimsOfMacroF1({ variants, rare, rows, experiments }: MacroF1World): number {
  const random = seededRandom(13);
  const labels = ['common', 'rare'];
  const pairs = Array.from({ length: variants }, (_, i) => i).flatMap((i) =>
    Array.from({ length: variants - i - 1 }, (_, k): ComparedPair => [i, i + 1 + k]),
  );
  let claimed = 0;
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const expected = Uint8Array.from({ length: rows }, () => (random() < rare ? 1 : 0));
    const answers = Array.from({ length: variants }, () =>
      expected.map((label) => (random() < 0.8 ? label : 1 - label)),
    );
    const { covariance } = jointMetric('macro-f1', { labels: 2, expected, answers });
    const family = jointFamily(covariance, pairs, { draws: 2_000, seed: experiment + 1 });
    const isClaimed = pairs.some(([i, j]) => {
      const table = new PairedTable(labels);
      for (const [row, label] of expected.entries()) {
        table.add(labels[label] ?? '', labels[answers[i]?.[row] ?? 0] ?? null, labels[answers[j]?.[row] ?? 0] ?? null);
      }
      return comparePaired(table, random, { family, resamples: 1_000 })?.macroF1.significant;
    });
    if (isClaimed) claimed += 1;
  }
  return claimed / experiments;
}
