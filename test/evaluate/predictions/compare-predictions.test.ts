import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparePredictions } from '../../../src/evaluate/predictions/compare-predictions.js';
import type { PredictionFile } from '../../../src/evaluate/predictions/predictions.js';

interface GoldenTable {
  readonly gold: readonly string[];
  readonly predictions: readonly (readonly string[])[];
  readonly metrics: readonly Numbers[];
  readonly pairs: readonly Numbers[];
}

type Numbers = { readonly [name: string]: number | Numbers };

const path = new URL('../../fixtures/predictions/golden.json', import.meta.url);
const { tables }: { readonly tables: readonly GoldenTable[] } = JSON.parse(readFileSync(path, 'utf8'));

function filesOf({ gold, predictions }: GoldenTable): readonly PredictionFile[] {
  return predictions.map((answers, number) => ({
    path: `v${number}.csv`,
    unreadable: 0,
    gold: gold.map((value, row) => ({ id: `${row}`, value, text: null })),
    sets: [
      {
        name: 'prediction',
        source: 'column prediction',
        isFreeText: false,
        predictions: answers.map((value, row) => ({ id: `${row}`, value: value || null, confidence: null })),
      },
    ],
  }));
}

/** Holds each number of the references to that of the same name. */
function expectNumbers(ours: unknown, theirs: Numbers): void {
  for (const [name, value] of Object.entries(theirs)) {
    const own = (ours as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'number') expect(own, name).toBeCloseTo(value, 9);
    else expectNumbers(own, value);
  }
}

describe('comparePredictions', () => {
  it('gives the metrics of scikit-learn, scipy and statsmodels', async () => {
    expect(tables).toHaveLength(3);
    for (const table of tables) {
      const { result } = await comparePredictions(filesOf(table), { criterion: 'accuracy', resamples: 100 });
      for (const [index, metrics] of table.metrics.entries()) {
        expectNumbers(result.variants[index]?.failures_as_wrong, metrics);
      }
      for (const [index, pair] of table.pairs.entries()) expectNumbers(result.pairs[index], pair);
    }
  });

  it('is the same for any order of the rows', async () => {
    const [table] = tables;
    const files = table ? filesOf(table) : [];
    const reversed = files.map((file) => ({
      ...file,
      sets: file.sets.map((set) => ({ ...set, predictions: [...set.predictions].reverse() })),
    }));
    expect(await comparePredictions(reversed)).toEqual(await comparePredictions(files));
  });
});
