import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConfusionMatrix,
  type FailureRule,
  scoreConfusion,
} from '../../../src/foundation/statistics/classification-scores.js';
import { type GoldenScores, golden, isNear, labelNames, matrixOf } from './golden.js';

/** Names of the figures that are not those of the reference. */
function differing(matrix: ConfusionMatrix, failures: FailureRule, theirs: GoldenScores): readonly string[] {
  const ours = scoreConfusion(matrix, { failures });
  if (theirs.rows === 0) return ours.rows === 0 && ours.accuracy === null ? [] : ['rows'];
  const single = (
    ['rows', 'accuracy', 'macroF1', 'weightedF1', 'balancedAccuracy', 'kappa', 'matthews'] as const
  ).filter((name) => !isNear(ours[name], theirs[name]));
  const perClass = (['precision', 'recall', 'f1', 'support'] as const).filter(
    (name) => !theirs[name].every((value, k) => isNear(ours.classes[k]?.[name], value)),
  );
  const { lower, upper } = ours.accuracyInterval;
  const isWilson = isNear(lower, theirs.wilson[0]) && isNear(upper, theirs.wilson[1]);
  return [...single, ...perClass, ...(isWilson ? [] : ['wilson'])];
}

const counts = fc
  .integer({ min: 1, max: 5 })
  .chain((size) =>
    fc.array(fc.array(fc.nat(50), { minLength: size + 1, maxLength: size + 1 }), { minLength: size, maxLength: size }),
  );

/** The last column holds the rows without an answer. */
function fill(rows: readonly (readonly number[])[], order = rows.map((_, k) => k)): ConfusionMatrix {
  const names = labelNames(rows.length);
  const matrix = new ConfusionMatrix(order.map((k) => names[k] ?? ''));
  for (const [i, row] of rows.entries()) {
    for (const [j, count] of row.entries()) matrix.add(names[i] ?? '', names[j] ?? null, count);
  }
  return matrix;
}

describe('the scores of a confusion matrix', () => {
  it('are those of scikit-learn and statsmodels on random tables, failures left out and as wrong', () => {
    expect(golden.tables.length).toBeGreaterThanOrEqual(200);
    const wrong = golden.tables.flatMap((table, index) => [
      ...differing(matrixOf(table), 'left-out', table.leftOut).map((name) => `${index}: ${name}, left out`),
      ...differing(matrixOf(table), 'wrong', table.wrong).map((name) => `${index}: ${name}, wrong`),
    ]);
    expect(wrong).toEqual([]);
  });

  it('do not depend on the order of the labels', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom<FailureRule>('left-out', 'wrong'), (rows, failures) => {
        const plain = scoreConfusion(fill(rows), { failures });
        const turned = scoreConfusion(fill(rows, rows.map((_, k) => k).reverse()), { failures });
        expect(turned.classes.toReversed()).toEqual(plain.classes);
        for (const name of ['accuracy', 'macroF1', 'weightedF1', 'balancedAccuracy', 'kappa', 'matthews'] as const) {
          expect(isNear(turned[name], plain[name]), name).toBe(true);
        }
      }),
    );
  });

  it('stay within their ranges', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom<FailureRule>('left-out', 'wrong'), (rows, failures) => {
        const scores = scoreConfusion(fill(rows), { failures });
        const { lower, upper } = scores.accuracyInterval;
        const shares = [scores.accuracy, scores.macroF1, scores.weightedF1, scores.balancedAccuracy, lower, upper];
        for (const share of shares) expect(share === null || (share >= 0 && share <= 1 + 1e-12)).toBe(true);
        for (const mutual of [scores.kappa, scores.matthews])
          expect(Math.abs(mutual ?? 0)).toBeLessThanOrEqual(1 + 1e-12);
        expect(lower).toBeLessThanOrEqual((scores.accuracy ?? 0) + 1e-12);
        expect(upper).toBeGreaterThanOrEqual((scores.accuracy ?? 1) - 1e-12);
      }),
    );
  });

  it('never gain from counting failures as wrong', () => {
    fc.assert(
      fc.property(counts, (rows) => {
        const wrong = scoreConfusion(fill(rows), { failures: 'wrong' });
        const leftOut = scoreConfusion(fill(rows), { failures: 'left-out' });
        fc.pre(leftOut.rows > 0);
        expect(wrong.accuracy ?? 0).toBeLessThanOrEqual((leftOut.accuracy ?? 0) + 1e-12);
        expect(wrong.right).toBe(leftOut.right);
      }),
    );
  });

  it('count failures as wrong where nothing else is said', () => {
    const matrix = new ConfusionMatrix(['good', 'bad']);
    matrix.add('good', 'good', 3);
    matrix.add('bad', null);
    expect(scoreConfusion(matrix).accuracy).toBe(0.75);
    expect(scoreConfusion(matrix, { failures: 'left-out' }).accuracy).toBe(1);
  });

  it('are null without rows', () => {
    const scores = scoreConfusion(new ConfusionMatrix(['good', 'bad']));
    expect(scores).toMatchObject({ rows: 0, accuracy: null, macroF1: null, weightedF1: null, balancedAccuracy: null });
    expect(scores).toMatchObject({ kappa: null, matthews: null, accuracyInterval: { lower: 0, upper: 1 } });
  });

  it('widen the interval with the confidence', () => {
    const matrix = fill([[80, 20, 0]].concat([[10, 90, 0]]));
    const at = (confidence: number) => scoreConfusion(matrix, { confidence }).accuracyInterval;
    expect(at(0.99).lower).toBeLessThan(at(0.95).lower);
    expect(() => at(95)).toThrow('option confidence must be above 0 and below 1, but is 95');
  });
});
