import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLabel, foldName, isBlank } from '../../../src/foundation/text/visible-text.js';

describe('a text is blank', () => {
  it.each(['', ' \t\r\n', '\u200b', '\ufeff', '\u00ad \u2060\u200d', '\u00a0\u3000', '\u2800', '\ufe0f'])(
    'where nothing of it is seen: %j',
    (text) => expect(isBlank(text)).toBe(true),
  );

  it.each(['a', '\u200bgood', '.', '👍', '👨‍👩‍👧', '1\ufe0f\u20e3', 'م', '。'])(
    'and not where something is: %j',
    (text) => expect(isBlank(text)).toBe(false),
  );
});

describe('a folded name', () => {
  it.each([
    ['Review\nText', 'review text'],
    [' Review \r\n  Text ', 'review text'],
    ['\ufefftext\u200b', 'text'],
    ['Qualite\u0301', 'qualité'],
    ['RE\u00adVIEW', 'review'],
  ])('of %j is %j', (name, folded) => expect(foldName(name)).toBe(folded));

  it('is folded already', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => foldName(foldName(text)) === foldName(text)));
  });
});

describe('a label', () => {
  it.each([
    ['nega\u200btive', 'negative'],
    ['\u200epositive\u200f', 'positive'],
    ['ne\u200dgative\u200c', 'negative'],
    ['pre\u0301cieux', 'précieux'],
    ['\ufeffпло\u200bхо', 'плохо'],
    [' good ', 'good'],
  ])('loses what nobody sees: %j', (label, clean) => expect(cleanLabel(label)).toBe(clean));

  it.each(['👨‍👩‍👧', '❤️', 'می‌خواهم', 'क्‍ष', 'no, never'])('keeps what its script needs: %j', (label) =>
    expect(cleanLabel(label)).toBe(label),
  );
});
