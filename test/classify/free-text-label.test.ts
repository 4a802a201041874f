import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findLabel } from '../../src/classify/free-text-label.js';

const labels = ['positive', 'neutral', 'negative'];

const letters = fc.string({ unit: fc.constantFrom(...'abcdefgxyzäñß5'), minLength: 1, maxLength: 12 });
const labelSet = fc.uniqueArray(letters, {
  minLength: 2,
  maxLength: 5,
  selector: (label) => label.normalize('NFKC').toLowerCase(),
});

describe('findLabel', () => {
  test.each([
    ['The sentiment is positive.', 'positive'],
    ['It is Negative, not positive.', 'negative'],
    ['**Neutral**: it only describes.', 'neutral'],
    ['positively surprised, but on the whole negative', 'negative'],
    ['nonnegative', undefined],
    ['posi tive', undefined],
    ['negative2', undefined],
    ['I cannot say.', undefined],
    ['', undefined],
    ['The review is not positive at all; it is negative.', 'negative'],
    ['It is neither positive nor negative, so neutral.', 'neutral'],
    ['It could be negative or positive.', undefined],
    ['It is both positive and negative.', undefined],
    ['positive/negative', undefined],
    ['negative, positive, negative', undefined],
    ['The sentiment isn’t positive but negative.', 'negative'],
    ['The sentiment is negative rather than positive.', 'negative'],
    ['Not only positive but enthusiastic.', 'positive'],
    ['I would not call this positive.', undefined],
    ['I can’t find anything positive.', undefined],
    ['Positive. There is nothing negative in it.', 'positive'],
    ['The author says positive things first, but overall the sentiment is negative.', 'negative'],
    ['The sentiment is positive. The author expected a negative surprise.', 'positive'],
    ['Options: positive, neutral or negative. Answer: neutral', 'neutral'],
    ['Sentiment: **negative**\nThe author wanted a positive outcome.', 'negative'],
  ])('%j names %s', (text, label) => {
    expect(findLabel(text, labels)).toBe(label);
  });

  test.each([
    ['it is very positive', ['positive', 'very positive'], 'very positive'],
    ['it is very\npositive', ['very positive', 'very negative'], 'very positive'],
    ['good enough, I would say', ['good', 'good enough'], 'good enough'],
    ['clearly non-negative', ['negative', 'non-negative'], 'non-negative'],
    ['I use C++ daily', ['C++', 'Rust'], 'C++'],
    ['4.5/5 stars', ['4.5/5', '5/5'], '4.5/5'],
    ['plutôt négatif', ['positif', 'négatif'], 'négatif'],
    ['ganz okay (gut)', ['gut', 'schlecht'], 'gut'],
    ['(.*)', ['.*', 'a+'], '.*'],
    ['Nicht positiv, sondern negativ', ['positiv', 'negativ'], 'negativ'],
    ['ni positif ni négatif', ['positif', 'négatif'], undefined],
  ])('%j among %j names %s', (text, among, label) => {
    expect(findLabel(text, among)).toBe(label);
  });

  test('a label between other words is found', () => {
    fc.assert(
      fc.property(labelSet, fc.nat(), (all, pick) => {
        const label = all[pick % all.length] ?? '';
        expect(findLabel(`∙ ${label} ∙`, all)).toBe(label);
      }),
    );
  });

  test('two labels without a word of conclusion are no answer', () => {
    fc.assert(
      fc.property(labelSet, (all) => {
        expect(findLabel(`∙ ${all[0]} ∙ ${all[1]} ∙`, all)).toBeUndefined();
      }),
    );
  });

  test('whatever comes, the answer is a label or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect([...labels, undefined]).toContain(findLabel(text, labels));
      }),
    );
  });
});
