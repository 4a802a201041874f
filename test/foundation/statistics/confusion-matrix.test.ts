import { describe, expect, it } from 'vitest';
import { ConfusionMatrix } from '../../../src/foundation/statistics/classification-scores.js';

describe('a confusion matrix', () => {
  it('counts rows by their right label and by the answer', () => {
    const matrix = new ConfusionMatrix(['good', 'bad']);
    matrix.add('good', 'good');
    matrix.add('good', 'bad', 3);
    matrix.add('bad', 'bad', 2);
    expect(matrix.counts).toEqual([
      [1, 3],
      [0, 2],
    ]);
    expect(matrix.unanswered).toEqual([0, 0]);
  });

  it('keeps rows without an answer, or with one that is no label, in a column of their own', () => {
    const matrix = new ConfusionMatrix(['good', 'bad']);
    matrix.add('bad', null);
    matrix.add('bad', 'constructor');
    matrix.add('good', 'meh', 5);
    expect(matrix.counts.flat()).toEqual([0, 0, 0, 0]);
    expect(matrix.unanswered).toEqual([5, 2]);
  });

  it('refuses what it cannot count', () => {
    const matrix = new ConfusionMatrix(['good', 'bad']);
    expect(() => matrix.add('meh', 'good')).toThrow(
      "option expected must be one of the labels (good, bad), but is 'meh'",
    );
    expect(() => matrix.add('good', 'good', -1)).toThrow('option times must be a whole number of at least 0');
    expect(() => new ConfusionMatrix([])).toThrow('option labels must be at least one, and none twice');
    expect(() => new ConfusionMatrix(['a', 'a'])).toThrow("but is 'a, a'");
  });
});
