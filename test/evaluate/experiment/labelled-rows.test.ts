import { describe, expect, it } from 'vitest';
import type { Review } from '../../../src/analysis/review.js';
import { RowError } from '../../../src/data/data-errors.js';
import { labelRows, type RowChoice, splitOf } from '../../../src/evaluate/experiment/labelled-rows.js';

const labels = ['positive', 'neutral', 'negative'];

function reviews(...expected: (string | undefined)[]): Review[] {
  return expected.map((label, index) => ({ index, id: String(index + 1), text: `text ${index}`, expected: label }));
}

const many = reviews(...Array.from({ length: 60 }, (_, index) => labels[index % 3]));

describe('labelRows', () => {
  it('keeps what can be used, and counts what cannot', () => {
    const given: Review[] = [
      ...reviews('positive', 'negative', undefined, '', 'neutral'),
      { index: 5, id: '6', text: '  ', expected: 'neutral' },
      { index: 6, id: '7', text: null, expected: 'neutral' },
      { index: 7, id: '8', text: null, problem: new RowError({ path: 'a.csv', line: 9 }, 'has 3 cells instead of 2') },
      { index: 8, id: '9', text: 'TEXT  0', expected: 'positive' },
    ];
    const data = labelRows(given, labels);
    expect(data.rows.map(({ index }) => index)).toEqual([0, 1, 4, 8]);
    expect(data.leftOut).toEqual({ unlabelled: 2, blank: 2, unreadable: 1 });
    expect(data.counts).toEqual({ positive: 2, neutral: 1, negative: 1 });
    expect(data.copies).toBe(1);
  });

  it('lists labels outside the set with their counts, and suggests how to translate them', () => {
    const given = reviews('pos', 'Neg', 'pos', 'negative', 'so so');
    expect(() => labelRows(given, labels)).toThrow(
      "4 rows have a label that is none of positive, neutral, negative: 'pos' (2), 'Neg' (1), 'so so' (1); " +
        "translate with map='pos=positive,Neg=negative,so so=LABEL', or name all labels with labels",
    );
  });

  it('lists no more than a few of many labels outside the set', () => {
    const given = reviews(...Array.from({ length: 30 }, (_, index) => `topic ${index}`));
    expect(() => labelRows(given, labels)).toThrow(/'topic 7' \(1\), and 22 others; translate/);
  });

  it.for<[string, Review[], RowChoice, string]>([
    ['no row', [], {}, 'there is no row; give labelled rows with data'],
    ['no label', reviews(undefined, ''), {}, 'none of the 2 rows has a label; check label'],
    [
      'nothing that can be used',
      [
        { index: 0, id: '1', text: '', expected: 'positive' },
        ...reviews(undefined).map((row) => ({ ...row, index: 1 })),
      ],
      {},
      'none of the 2 rows can be used (1 without a label, 1 with a blank text, 0 that cannot be read); check text and label',
    ],
    [
      'one label only',
      reviews('positive', 'positive'),
      {},
      "all 2 rows have the label 'positive'; a comparison needs rows of two labels at least",
    ],
    ['one label in the sample', many, { sample: 1 }, 'all 1 sampled rows have the label '],
    ['one label after the limit', many, { limit: 1 }, "all 1 rows have the label 'positive'"],
  ])('refuses %s', ([, given, choice, message]) => {
    expect(() => labelRows(given, labels, choice)).toThrow(message);
  });

  it('refuses ids of more than one row', () => {
    const given = reviews('positive', 'negative', 'neutral', 'neutral').map((row, index) => ({
      ...row,
      id: ['a', 'b', 'a', 'b'][index] ?? '',
    }));
    expect(() => labelRows(given, labels)).toThrow('ids of more than one row: a, b; answers are compared row by row');
  });

  it('splits by content into two halves that have no text in common', () => {
    const copied = many.map((row, index) => ({
      ...row,
      text: index % 2 === 0 ? row.text : `  ${row.text?.toUpperCase()}`,
    }));
    const train = labelRows(copied, labels, { split: 'train' }).rows;
    const validation = labelRows(copied, labels, { split: 'validation' }).rows;
    expect(train.length + validation.length).toBe(60);
    expect(Math.min(train.length, validation.length)).toBeGreaterThan(10);
    expect(train.every(({ text }) => splitOf(text) === 'train')).toBe(true);
    expect(validation.every(({ text }) => splitOf(text.trim().toLowerCase()) === 'validation')).toBe(true);
  });

  it('takes the limit first, then the half, then the sample', () => {
    const { rows } = labelRows(many, labels, { limit: 50, split: 'train', sample: 9, seed: 3 });
    expect(rows).toHaveLength(9);
    expect(rows.every(({ index, text }) => index < 50 && splitOf(text) === 'train')).toBe(true);
  });
});
