import { readFileSync } from 'node:fs';
import type { ConfusionMatrix } from '../../../src/foundation/statistics/classification-scores.js';
import { PairedTable } from '../../../src/foundation/statistics/paired-table.js';

/** JSON has no infinity. */
type Figure = number | 'Infinity' | null;
type Ends = readonly [number, number];
/** Positions of the right label and the two answers, −1 for none; how many rows. */
type Cell = readonly [expected: number, first: number, second: number, count: number];

export interface GoldenScores {
  readonly rows: number;
  readonly accuracy: number;
  readonly wilson: Ends;
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
  readonly support: readonly number[];
  readonly macroF1: number;
  readonly weightedF1: number;
  readonly balancedAccuracy: number;
  readonly kappa: number | null;
  readonly matthews: number;
}

interface Resampled {
  readonly deviation: number;
  readonly interval: Ends;
  readonly p: number;
}

interface Golden {
  readonly source: string;
  readonly tables: readonly {
    readonly labels: number;
    readonly cells: readonly Cell[];
    /** With rows: 0 there is nothing else. */
    readonly leftOut: GoldenScores;
    readonly wrong: GoldenScores;
    readonly paired: {
      readonly outcomes: readonly [number, number, number, number];
      readonly mcnemar: number;
      readonly midP: number;
      readonly asymptotic: number;
      readonly tango: Ends;
      readonly odds: Figure;
      readonly oddsInterval: readonly [Figure, Figure];
      readonly rowsFor3Points: number;
      readonly rowsAmongSix: number;
    };
  }[];
  readonly corrected: readonly { readonly p: readonly number[]; readonly bonferroni: readonly number[] }[];
  readonly probabilities: readonly {
    readonly expected: readonly number[];
    readonly shares: readonly (readonly number[])[];
    readonly brier: number;
    readonly logLoss: number;
    readonly calibrationError: number;
    readonly areaUnderRisk: number;
    readonly areaUnderRoc: number | null;
  }[];
  readonly repeats: readonly {
    readonly answers: readonly (readonly number[])[];
    readonly changed: number;
    readonly accuracy: number;
    readonly variance: readonly [total: number, sampling: number, model: number];
    readonly passAll: readonly number[];
  }[];
  readonly bootstraps: readonly {
    readonly labels: number;
    readonly cells: readonly Cell[];
    readonly accuracy: Resampled;
    readonly macroF1: Resampled;
  }[];
  readonly tails: readonly Ends[];
  readonly families: readonly {
    readonly covariance: readonly (readonly number[])[];
    readonly pairs: readonly Ends[];
    readonly level: number;
  }[];
  readonly selected: readonly {
    readonly estimates: readonly number[];
    readonly covariance: readonly (readonly number[])[];
    readonly value: number;
    readonly interval: Ends;
  }[];
  readonly joint: readonly {
    readonly labels: number;
    readonly expected: readonly number[];
    readonly answers: readonly (readonly number[])[];
    readonly accuracy: JointFigures;
    readonly macroF1: JointFigures;
  }[];
}

interface JointFigures {
  readonly values: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

/** What the Python references say: see test/fixtures/statistics/golden.py. */
export const golden: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/statistics/golden.json', import.meta.url), 'utf8'),
);

export const labelNames = (count: number) => Array.from({ length: count }, (_, k) => `label ${k}`);

export function tableOf({ labels, cells }: { readonly labels: number; readonly cells: readonly Cell[] }): PairedTable {
  const names = labelNames(labels);
  const table = new PairedTable(names);
  for (const [expected, first, second, count] of cells) {
    table.add(names[expected] ?? '', names[first] ?? null, names[second] ?? null, count);
  }
  return table;
}

/** What the first judge answered. */
export function matrixOf(given: { readonly labels: number; readonly cells: readonly Cell[] }): ConfusionMatrix {
  return tableOf(given).confusionOf('first');
}

/** Whether two figures are equal to 1e-9: absolute near 0, relative elsewhere; whatever is not a number, exactly. */
export function isNear(ours: number | null | undefined, theirs: Figure | undefined): boolean {
  if (theirs === 'Infinity') return ours === Number.POSITIVE_INFINITY;
  if (typeof ours !== 'number' || typeof theirs !== 'number') return ours === theirs;
  return Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs));
}
