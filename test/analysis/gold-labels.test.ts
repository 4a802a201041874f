import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoldLabels, ValuesOutside } from '../../src/analysis/gold-labels.js';

const labels = ['positive', 'neutral', 'négatif'];

describe('what a value of the label column means', () => {
  const gold = new GoldLabels(labels, new Map(Object.entries({ pos: 'positive', 'N/A': '', Meh: 'Neutral' })));

  it.each([
    ['positive', 'positive'],
    [' Positive\u00a0', 'positive'],
    ['NE\u0301GATIF', 'négatif'],
    ['neu\u200btral', 'neutral'],
    ['pos', 'positive'],
    ['POS', 'positive'],
    ['meh', 'neutral'],
    ['N/A', undefined],
    ['n/a', undefined],
    ['  ', undefined],
    ['\u200b', undefined],
    [null, undefined],
    ['bad', 'bad'],
  ])('%j is %j', (value, label) => {
    expect(gold.labelOf(value)).toBe(label);
  });

  it('is the label itself where two labels differ in case only, and none of them for a third case', () => {
    const cased = new GoldLabels(['a', 'A', 'b']);
    expect(['a', 'A', 'B'].map((value) => cased.labelOf(value))).toEqual(['a', 'A', 'b']);
    const three = new GoldLabels(['ab', 'AB']);
    expect(three.has(three.labelOf('Ab') ?? '')).toBe(false);
  });

  it('names translations into what is no label', () => {
    expect(gold.strangeTargets()).toEqual([]);
    expect(new GoldLabels(labels, new Map([['pos', 'positif']])).strangeTargets()).toEqual(['positif']);
  });
});

describe('values that are none of the labels', () => {
  it('are listed by frequency, cut short, with what would translate them', () => {
    const outside = new ValuesOutside();
    for (const value of ['pos', 'pos', 'NaN', 'a, b', 'x'.repeat(500)]) outside.add(value);
    expect(outside.list()).toBe(`'pos' (2), 'NaN' (1), 'a, b' (1), '${'x'.repeat(20)}…' (1)`);
    expect(outside.translations(labels)).toEqual(['pos=positive', 'NaN=', '"a, b"=LABEL']);
  });

  it('take a bounded line and bounded memory, however many they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 300 }), (values) => {
        const outside = new ValuesOutside();
        for (const value of values) outside.add(value);
        expect(outside.rows).toBe(values.length);
        expect(outside.list().length).toBeLessThan(1_200);
        expect(outside.list()).not.toMatch(/\p{Cc}/u);
      }),
    );
    const many = new ValuesOutside();
    for (let row = 0; row < 5_000; row += 1) many.add(`value ${row}`);
    expect(many.different).toBe(1_000);
    expect(many.list()).toMatch(/'value 7' \(1\), and many others$/);
  });
});
