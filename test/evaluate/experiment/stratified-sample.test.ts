import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Review } from '../../../src/analysis/review.js';
import { contentOf } from '../../../src/classify/calibration/fit-calibration.js';
import { labelRows } from '../../../src/evaluate/experiment/labelled-rows.js';

const labels = ['a', 'b', 'c'];
const rows = fc
  .array(fc.record({ text: fc.string({ minLength: 1 }), expected: fc.constantFrom(...labels) }), {
    minLength: 20,
    maxLength: 80,
  })
  .map((all) => all.map((row, index): Review => ({ ...row, text: `${index} ${row.text}`, index, id: String(index) })))
  .filter((all) => labels.every((label) => all.some(({ expected }) => expected === label)));

describe('a stratified sample', () => {
  it('has each label with its share, to one row', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 12, max: 20 }), fc.nat(), (all, sample, seed) => {
        const data = labelRows(all, labels, { sample, seed });
        expect(data.rows).toHaveLength(sample);
        for (const label of labels) {
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
        const texts = (given: Review[]) => labelRows(given, labels, { sample: 15, seed }).rows.map(({ text }) => text);
        const sample = labelRows(all, labels, { sample: 15, seed }).rows;
        expect(sample.map(({ index }) => index)).toEqual(sample.map(({ index }) => index).sort((x, y) => x - y));
        const turned = all.toReversed().map((row, index) => ({ ...row, index }));
        expect(texts(turned).toSorted()).toEqual(texts(all).toSorted());
      }),
      { numRuns: 30 },
    );
  });

  it('never holds two copies of a text, and is as large as there are texts at most', () => {
    const copied: Review[] = Array.from({ length: 40 }, (_, index) => ({
      index,
      id: String(index),
      text: index % 2 === 0 ? `text ${index % 10}` : `TEXT  ${index % 10} `,
      expected: labels[index % 2],
    }));
    const { rows: sample } = labelRows(copied, labels, { sample: 30 });
    expect(sample).toHaveLength(10);
    expect(new Set(sample.map(({ text }) => contentOf(text))).size).toBe(10);
  });

  it('changes with the seed', () => {
    const all: Review[] = Array.from({ length: 100 }, (_, index) => ({
      index,
      id: String(index),
      text: `text ${index}`,
      expected: labels[index % 3],
    }));
    const of = (seed: number) => labelRows(all, labels, { sample: 20, seed }).rows.map(({ index }) => index);
    expect(of(1)).not.toEqual(of(2));
  });
});
