import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Review } from '../../../src/analysis/review.js';
import { contentOf } from '../../../src/classify/calibration/fit-calibration.js';
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
    expect(data.excluded).toEqual({ unlabelled: 2, blank: 2, unreadable: 1 });
    expect(data.counts).toEqual({ positive: 2, neutral: 1, negative: 1 });
    expect(data.duplicates).toBe(1);
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

  it('rejects repeated ids', () => {
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

const sampleLabels = ['a', 'b', 'c'];
const rows = fc
  .array(fc.record({ text: fc.string({ minLength: 1 }), expected: fc.constantFrom(...sampleLabels) }), {
    minLength: 20,
    maxLength: 80,
  })
  .map((all) => all.map((row, index): Review => ({ ...row, text: `${index} ${row.text}`, index, id: String(index) })))
  .filter((all) => sampleLabels.every((label) => all.some(({ expected }) => expected === label)));

describe('a stratified sample', () => {
  it('has each label with its share, to one row', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 12, max: 20 }), fc.nat(), (all, sample, seed) => {
        const data = labelRows(all, sampleLabels, { sample, seed });
        expect(data.rows).toHaveLength(sample);
        for (const label of sampleLabels) {
          const exact = (all.filter(({ expected }) => expected === label).length * sample) / all.length;
          expect(Math.abs((data.counts[label] ?? 0) - exact)).toBeLessThan(1);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is in the order of the rows, the same for the same seed, wherever the rows stand', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (all, seed) => {
        const texts = (given: Review[]) =>
          labelRows(given, sampleLabels, { sample: 15, seed }).rows.map(({ text }) => text);
        const sample = labelRows(all, sampleLabels, { sample: 15, seed }).rows;
        expect(sample.map(({ index }) => index)).toEqual(sample.map(({ index }) => index).sort((x, y) => x - y));
        const turned = all.toReversed().map((row, index) => ({ ...row, index }));
        expect(texts(turned).toSorted()).toEqual(texts(all).toSorted());
      }),
      { numRuns: 30 },
    );
  });

  it('holds no duplicates, and at most as many rows as there are texts', () => {
    const copied: Review[] = Array.from({ length: 40 }, (_, index) => ({
      index,
      id: String(index),
      text: index % 2 === 0 ? `text ${index % 10}` : `TEXT  ${index % 10} `,
      expected: sampleLabels[index % 2],
    }));
    const { rows: sample } = labelRows(copied, sampleLabels, { sample: 30 });
    expect(sample).toHaveLength(10);
    expect(new Set(sample.map(({ text }) => contentOf(text))).size).toBe(10);
  });

  it('changes with the seed', () => {
    const all: Review[] = Array.from({ length: 100 }, (_, index) => ({
      index,
      id: String(index),
      text: `text ${index}`,
      expected: sampleLabels[index % 3],
    }));
    const of = (seed: number) => labelRows(all, sampleLabels, { sample: 20, seed }).rows.map(({ index }) => index);
    expect(of(1)).not.toEqual(of(2));
  });
});
