import { scoreConfusion } from '../../../src/foundation/statistics/classification-scores.js';
import { type ComparedMetric, comparePaired } from '../../../src/foundation/statistics/paired-comparison.js';
import { PairedTable } from '../../../src/foundation/statistics/paired-table.js';
import { exactMcNemar } from '../../../src/foundation/statistics/paired-tests.js';
import { randomBinomial, seededRandom } from '../../../src/foundation/statistics/random-variates.js';

/** A world in which the truth is known: how often each label comes, and how good the two judges are. */
export interface World {
  readonly name: string;
  readonly seed: number;
  /** Chance of each label. */
  readonly labels: readonly number[];
  /** Chance of a right answer; a wrong one is any other label, equally often. */
  readonly first: number;
  readonly second: number;
  /** Share of rows on which the worse judge copies what the better one does, as far as its own chances allow. */
  readonly alike: number;
}

export const worlds: readonly World[] = [
  { name: '2 labels, both 80 %', seed: 1, labels: [0.5, 0.5], first: 0.8, second: 0.8, alike: 0.5 },
  { name: '2 labels 9 : 1, both 80 %', seed: 2, labels: [0.9, 0.1], first: 0.8, second: 0.8, alike: 0.5 },
  { name: '3 labels, one 5 %, both 70 %', seed: 3, labels: [0.6, 0.35, 0.05], first: 0.7, second: 0.7, alike: 0.5 },
  { name: '3 labels, one 2 %, both 70 %', seed: 4, labels: [0.6, 0.38, 0.02], first: 0.7, second: 0.7, alike: 0.5 },
  { name: '3 labels, 85 % against 75 %', seed: 5, labels: [0.4, 0.4, 0.2], first: 0.85, second: 0.75, alike: 0.4 },
  { name: '2 labels 7 : 3, 97 % against 95 %', seed: 6, labels: [0.7, 0.3], first: 0.97, second: 0.95, alike: 0.4 },
];

interface Chance {
  readonly expected: string;
  readonly first: string;
  readonly second: string;
  readonly chance: number;
}

/** Shares of the experiments. */
export interface Simulated {
  readonly hasDifference: boolean;
  /** McNemar claims a difference of accuracies at 5 %. */
  readonly mcnemarClaims: number;
  /** McNemar's exact test does. */
  readonly exactClaims: number;
  /** Experiments in which an interval and its conclusion contradict each other. */
  readonly contradictions: number;
  /** The bootstrap claims one of macro-F1. */
  readonly bootstrapClaims: number;
  /** Wilson's interval holds the first judge's true accuracy. */
  readonly wilsonCovers: number;
  readonly tangoCovers: number;
  readonly bootstrapCovers: number;
}

/** The same experiment again and again. */
export function simulate(
  world: World,
  { rows, experiments, resamples }: { readonly rows: number; readonly experiments: number; readonly resamples: number },
): Simulated {
  const random = seededRandom(world.seed);
  const chances = chancesOf(world);
  const truth = truthOf(world, chances);
  const tally = {
    contradictions: 0,
    mcnemarClaims: 0,
    exactClaims: 0,
    bootstrapClaims: 0,
    wilsonCovers: 0,
    tangoCovers: 0,
    bootstrapCovers: 0,
  };
  for (let i = 0; i < experiments; i += 1) {
    const table = drawTable(world, chances, rows, random);
    const found = comparePaired(table, random, { resamples });
    if (!found) continue;
    const { accuracyInterval } = scoreConfusion(table.confusionOf('first'));
    const { accuracy, macroF1 } = found;
    const claims = (p: number) => (p <= 0.05 ? 1 / experiments : 0);
    const covers = ({ lower, upper }: { readonly lower: number; readonly upper: number }, value: number) =>
      lower <= value + 1e-12 && value - 1e-12 <= upper ? 1 / experiments : 0;
    tally.mcnemarClaims += claims(accuracy.pValue);
    tally.exactClaims += claims(exactMcNemar(found.outcomes.onlyFirst, found.outcomes.onlySecond));
    if (isContradicted(accuracy) || isContradicted(macroF1)) tally.contradictions += 1;
    tally.bootstrapClaims += claims(macroF1.pValue);
    tally.wilsonCovers += covers(accuracyInterval, world.first);
    tally.tangoCovers += covers(accuracy.interval, world.first - world.second);
    tally.bootstrapCovers += covers(macroF1.interval, truth);
  }
  return { hasDifference: world.first !== world.second, ...tally };
}

function isContradicted({ interval, pValue, significant }: ComparedMetric): boolean {
  const excludesZero = interval.lower > 0 || interval.upper < 0;
  return significant !== excludesZero || significant !== pValue <= 0.05;
}

const nameOf = (label: number) => `label ${label}`;

function chancesOf({ labels, first, second, alike }: World): readonly Chance[] {
  const chanceOf = (skill: number, isRight: boolean) => (isRight ? skill : (1 - skill) / (labels.length - 1));
  const cells: Chance[] = [];
  for (const [expected, prior] of labels.entries()) {
    // What is left to each judge after the answers that they share; those are drawn independently.
    const shared = labels.map(
      (_, k) => alike * Math.min(chanceOf(first, k === expected), chanceOf(second, k === expected)),
    );
    const rest = 1 - shared.reduce((sum, chance) => sum + chance, 0);
    for (const [a, both] of shared.entries()) {
      for (const [b, other] of shared.entries()) {
        const alone = ((chanceOf(first, a === expected) - both) * (chanceOf(second, b === expected) - other)) / rest;
        const chance = prior * (alone + (a === b ? both : 0));
        cells.push({ expected: nameOf(expected), first: nameOf(a), second: nameOf(b), chance });
      }
    }
  }
  return cells;
}

/** The difference of macro-F1 that infinitely many rows would show. */
function truthOf({ labels }: World, chances: readonly Chance[]): number {
  const sumOf = (fits: (cell: Chance) => boolean) =>
    chances.reduce((sum, cell) => sum + (fits(cell) ? cell.chance : 0), 0);
  const macroF1 = (classify: 'first' | 'second') =>
    labels.reduce((sum, prior, k) => {
      const right = sumOf((cell) => cell.expected === nameOf(k) && cell[classify] === nameOf(k));
      return sum + (2 * right) / (prior + sumOf((cell) => cell[classify] === nameOf(k))) / labels.length;
    }, 0);
  return macroF1('first') - macroF1('second');
}

function drawTable({ labels }: World, chances: readonly Chance[], rows: number, random: () => number): PairedTable {
  const table = new PairedTable(labels.map((_, k) => nameOf(k)));
  let left = rows;
  let chanceLeft = 1;
  for (const { expected, first, second, chance } of chances) {
    const drawn = randomBinomial(left, Math.min(1, chance / chanceLeft), random);
    table.add(expected, first, second, drawn);
    left -= drawn;
    chanceLeft -= chance;
  }
  return table;
}
