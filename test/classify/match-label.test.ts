import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchLabel } from '../../src/classify/match-label.js';

const labels = ['positive', 'neutral', 'negative'];

const letters = fc.string({ unit: fc.constantFrom(...'abcdefgxyzäñß5'), minLength: 1, maxLength: 12 });
const labelSet = fc
  .uniqueArray(letters, { minLength: 2, maxLength: 5, selector: (label) => label.normalize('NFKC').toLowerCase() })
  .filter((all) => all.length >= 2);
const wrapping = fc.string({ unit: fc.constantFrom(...' \n\t"\'*_.,!`“”()') });

describe('matchLabel', () => {
  test.each([
    ['positive', 'positive'],
    ['Positive', 'positive'],
    ['POSITIVE', 'positive'],
    [' negative\n', 'negative'],
    ['Negative.', 'negative'],
    ['"neutral"', 'neutral'],
    ["'neutral'", 'neutral'],
    ['“neutral”', 'neutral'],
    ['**Positive**', 'positive'],
    ['_positive_!', 'positive'],
    ['`positive`', 'positive'],
    ['- positive', 'positive'],
    ['\u200fpositive', 'positive'],
    ['posi\u200btive\ufeff', 'positive'],
    ['(positive)', 'positive'],
    ['✅ positive', 'positive'],
    ['ｐｏｓｉｔｉｖｅ', 'positive'],
    ['pos', undefined],
    ['positively', undefined],
    ['positive or negative', undefined],
    ['positive\n\nReview: next', undefined],
    ['The sentiment is positive.', undefined],
    ['not positive', undefined],
    ['', undefined],
    ['...', undefined],
    ['constructor', undefined],
  ])('%j is %s', (text, label) => {
    expect(matchLabel(text, labels)).toBe(label);
  });

  test.each([
    ['C++', ['C', 'C++'], 'C++'],
    ['"c++"', ['C', 'C++'], undefined],
    ['c', ['C', 'C++'], 'C'],
    ['+', ['+', '-'], '+'],
    [' - ', ['+', '-'], '-'],
    ['👍', ['👍', '👎'], '👍'],
    ['5 stars', ['1 star', '5 stars'], '5 stars'],
    ['very positive', ['positive', 'very positive'], 'very positive'],
    ['Négatif !', ['positif', 'négatif'], 'négatif'],
    ['ne\u0301gatif', ['positif', 'négatif'], 'négatif'],
    ['肯定的。', ['肯定的', '否定的'], '肯定的'],
    ['STRASSE', ['straße', 'weg'], 'straße'],
    ['İyi.', ['iyi', 'kötü'], 'iyi'],
    ['IYI', ['iyi', 'kötü'], 'iyi'],
  ])('%j among %j is %s', (text, among, label) => {
    expect(matchLabel(text, among)).toBe(label);
  });

  test('each label is itself, in any case and wrapping', () => {
    fc.assert(
      fc.property(labelSet, wrapping, wrapping, fc.nat(), (all, before, after, pick) => {
        const label = all[pick % all.length] ?? '';
        expect(matchLabel(label, all)).toBe(label);
        expect(matchLabel(`${before}${label}${after}`, all)).toBe(label);
      }),
    );
  });

  test('whatever comes, the answer is a label or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect([...labels, undefined]).toContain(matchLabel(text, labels));
      }),
    );
  });
});
