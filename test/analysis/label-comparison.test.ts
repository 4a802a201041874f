import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelComparison } from '../../src/analysis/label-comparison.js';
import { renderRemedy } from '../../src/foundation/errors/chorale-error.js';

function comparisonOf(labels: readonly string[], pairs: readonly (readonly [string | undefined, string | null])[]) {
  const comparison = new LabelComparison(labels);
  for (const [expected, answered] of pairs) comparison.add({ expected }, answered);
  return comparison;
}

/** Each character is a label. */
function pairsOf(expected: string, answered: string): readonly (readonly [string, string])[] {
  return [...expected].map((label, index) => [label, answered[index] ?? '']);
}

describe('answers compared with gold labels', () => {
  it('have the metrics that are computed by hand', () => {
    const summary = comparisonOf(['a', 'b', 'c'], pairsOf('aaabbc', 'aabbcc')).summary();
    expect(summary.accuracy).toBeCloseTo(4 / 6, 12);
    expect(summary.macro_f1).toBeCloseTo((4 / 5 + 2 / 4 + 2 / 3) / 3, 12);
    expect(summary.majority_baseline).toBe(0.5);
    expect(summary.per_class.a).toEqual({ precision: 1, recall: 2 / 3, f1: 4 / 5, support: 3, predicted: 2 });
    expect(summary.confusion).toEqual({
      labels: ['a', 'b', 'c'],
      counts: [
        [2, 1, 0],
        [0, 1, 1],
        [0, 0, 1],
      ],
      unanswered: [0, 0, 0],
    });
    expect(summary.accuracy_interval.lower).toBeCloseTo(0.3, 2);
    expect(summary.accuracy_interval.upper).toBeCloseTo(0.9032, 3);
  });

  it('count a label that is predicted but never right as zero, and leave out one that never occurs', () => {
    expect(comparisonOf(['a', 'b', 'c'], pairsOf('aa', 'ab')).summary().macro_f1).toBeCloseTo((2 / 3 + 0) / 2, 12);
  });

  it('count a failed row as wrong, and leave out rows that have no label, and whose label is none, and say how many', () => {
    const comparison = comparisonOf(
      ['a', 'b'],
      [
        ['x', 'a'],
        ['x', 'b'],
        ['a', 'a'],
        [undefined, 'b'],
        ['b', null],
      ],
    );
    const { accuracy, answered_only, confusion } = comparison.summary();
    expect(accuracy).toBe(0.5);
    expect(answered_only).toMatchObject({ rows: 1, accuracy: 1 });
    expect(confusion.unanswered).toEqual([0, 1]);
    const [outside, unlabelled, failed] = comparison.warnings();
    const problem = "accuracy excludes rows whose label is none of the labels: 'x' (2)";
    expect(renderRemedy(outside ?? '')).toBe(
      `${problem}; map these values to labels (before the run) to count their rows`,
    );
    expect(outside).toContainEqual(expect.objectContaining({ option: 'map' }));
    expect(unlabelled).toBe('accuracy excludes 1 rows without a label');
    expect(failed).toBe('accuracy counts 1 failed review as wrong; on the 1 rows that were answered it is 1.00');
  });

  it('know nothing where nothing was compared', () => {
    const summary = new LabelComparison(['a', 'b']).summary();
    expect(summary).toMatchObject({ accuracy: null, macro_f1: null, majority_baseline: null });
    expect([summary.accuracy_interval, summary.macro_f1_interval]).toEqual(Array(2).fill({ lower: 0, upper: 1 }));
  });

  it('are warned of where the accuracy is not proven better than always the same answer', () => {
    const unsure = comparisonOf(['a', 'b'], pairsOf('aaabbb', 'aaaabb'));
    expect(unsure.warnings().join()).toMatch(
      /accuracy 0\.83 \(95 % 0\.44 to 0\.97\) is not significantly better than the majority baseline 0\.50 \(always 'a'\)/,
    );
    expect(comparisonOf(['a', 'b'], pairsOf('ab'.repeat(50), 'ab'.repeat(50))).warnings()).toEqual([]);
    expect(comparisonOf(['a', 'b'], pairsOf('aaaa', 'aaab')).warnings()).toEqual([]);
  });

  it('have counts that add up, and intervals that hold the value, whatever comes', () => {
    const row = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'other', undefined),
      fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null }),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const comparison = comparisonOf(['a', 'b', 'c'], rows);
        const { confusion, accuracy, accuracy_interval, answered_only, per_class } = comparison.summary();
        const known = rows.filter(([expected]) => expected !== undefined && expected !== 'other');
        const counted = [...confusion.counts.flat(), ...confusion.unanswered].reduce((sum, count) => sum + count, 0);
        expect(counted).toBe(known.length);
        const supports = Object.values(per_class).reduce((sum, { support }) => sum + support, 0);
        expect(supports).toBe(known.length);
        expect(answered_only.rows).toBe(known.filter(([, answered]) => answered !== null).length);
        if (accuracy === null) return;
        expect(accuracy_interval.lower).toBeLessThanOrEqual(accuracy);
        expect(accuracy_interval.upper).toBeGreaterThanOrEqual(accuracy);
      }),
      { numRuns: 30 },
    );
  });
});
