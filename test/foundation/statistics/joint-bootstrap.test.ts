import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JointBootstrap } from '../../../src/foundation/statistics/joint-bootstrap.js';
import { pairedBootstrap } from '../../../src/foundation/statistics/paired-bootstrap.js';
import { PairedTable } from '../../../src/foundation/statistics/paired-table.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import type { ComparedPair } from '../../../src/foundation/statistics/simultaneous.js';

const labels = ['a', 'b', 'c'];

/** Rows of [gold label, answers of each classifier]; the number of labels stands for no answer. */
type Row = readonly [expected: number, answers: readonly number[]];

function jointOf(rows: readonly Row[]) {
  const classifiers = rows[0]?.[1].length ?? 0;
  return {
    labels: labels.length,
    expected: rows.map(([expected]) => expected),
    answers: Array.from({ length: classifiers }, (_, k) => rows.map(([, answers]) => answers[k] ?? labels.length)),
  };
}

function tableOf(rows: readonly Row[], [first, second]: ComparedPair): PairedTable {
  const table = new PairedTable(labels);
  const labelOf = (position: number | undefined) => labels[position ?? labels.length] ?? null;
  for (const [expected, answers] of rows) {
    table.add(labelOf(expected) ?? '', labelOf(answers[first]), labelOf(answers[second]));
  }
  return table;
}

function draw(rows: readonly Row[], pairs: readonly ComparedPair[], resamples: number, seed = 1) {
  const bootstrap = new JointBootstrap(jointOf(rows), pairs, seededRandom(seed), { resamples });
  while (!bootstrap.isComplete) bootstrap.draw();
  return bootstrap.differences();
}

/** Classifiers that are right, wrong or silent at random, on rows that are hard or easy for all of them. */
function sampleRows(count: number, classifiers: number): readonly Row[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, () => {
    const expected = Math.floor(random() * labels.length);
    const ease = random();
    const answers = Array.from({ length: classifiers }, (_, k) => {
      if (random() < 0.04) return labels.length;
      return random() * 0.5 + ease * 0.5 < 0.7 - 0.04 * k ? expected : Math.floor(random() * labels.length);
    });
    return [expected, answers];
  });
}

const answer = fc.integer({ min: 0, max: labels.length });
const someRows = fc.array(
  fc.tuple(fc.integer({ min: 0, max: labels.length - 1 }), fc.array(answer, { minLength: 3, maxLength: 3 })),
  { minLength: 1, maxLength: 30 },
);

const pairs: readonly ComparedPair[] = [
  [0, 1],
  [0, 2],
  [1, 2],
];

describe('the bootstrap of many classifiers at once', () => {
  it('reports the differences of the rows themselves, as the bootstrap of each pair does', () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        for (const [index, { all, bothAnswered }] of draw(rows, pairs, 100).entries()) {
          const table = tableOf(rows, pairs[index] ?? [0, 0]);
          const own = pairedBootstrap(table, seededRandom(1), { resamples: 100 });
          const answered = pairedBootstrap(table.answeredByBoth(), seededRandom(1), { resamples: 100 });
          expect(all.difference).toBeCloseTo(own?.macroF1.difference ?? 9, 12);
          if (answered) expect(bothAnswered?.difference).toBeCloseTo(answered.macroF1.difference, 12);
          else expect(bothAnswered).toBeNull();
        }
      }),
    );
  });

  it('has the intervals and p-values of the bootstrap of each pair, within Monte-Carlo error', () => {
    for (const [index, { all, bothAnswered }] of draw(sampleRows(400, 3), pairs, 5_000).entries()) {
      const table = tableOf(sampleRows(400, 3), pairs[index] ?? [0, 0]);
      for (const [ours, rows] of [[all, table] as const, [bothAnswered, table.answeredByBoth()] as const]) {
        const own = pairedBootstrap(rows, seededRandom(5), { resamples: 5_000 })?.macroF1;
        const { lower, upper } = own?.interval ?? { lower: 9, upper: 9 };
        // An end of 5,000 samples has a standard error of 0.038 deviations, and an interval is 3.92 deviations wide.
        const tolerance = (0.24 * (upper - lower)) / 3.92;
        expect(Math.abs((ours?.interval.lower ?? 8) - lower)).toBeLessThan(tolerance);
        expect(Math.abs((ours?.interval.upper ?? 8) - upper)).toBeLessThan(tolerance);
        const p = own?.pValue ?? 9;
        expect(Math.abs((ours?.pValue ?? 8) - p)).toBeLessThan(5 * Math.sqrt((p * 2) / 5_000) + 0.0005);
      }
    }
  });

  it('draws patterns instead of rows where many rows are equal, to the same distribution', () => {
    const [one, other] = [sampleRows(60, 2), sampleRows(60, 2).flatMap((row) => Array.from({ length: 40 }, () => row))];
    const [few] = draw(one, [[0, 1]], 5_000);
    const [many] = draw(other, [[0, 1]], 5_000);
    const width = ({ lower, upper }: { readonly lower: number; readonly upper: number }) => upper - lower;
    expect(many?.all.difference).toBeCloseTo(few?.all.difference ?? 9, 12);
    // With 40 times as many rows the interval is √40 times as narrow.
    const ratio =
      width(few?.all.interval ?? { lower: 0, upper: 0 }) / width(many?.all.interval ?? { lower: 0, upper: 1 });
    expect(Math.abs(ratio - Math.sqrt(40))).toBeLessThan(0.6);
  });

  it('gives the same for the same random numbers', () => {
    expect(draw(sampleRows(50, 3), pairs, 200)).toEqual(draw(sampleRows(50, 3), pairs, 200));
  });
});
