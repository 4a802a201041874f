import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutHead, cutMiddle, cutTail, gap, splitText } from '../../../src/classify/long-texts/shorten-text.js';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function charactersOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** A budget of UTF-8 bytes. */
const bytes = (most: number) => (text: string) => Buffer.byteLength(text) <= most;

/** Texts of words and sentences, of any characters, and of emoji and flags that are many units long. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        'The lamp ',
        'broke.',
        ' ',
        'Very good! ',
        '台灯坏了。',
        '🇩🇪',
        '🇫🇷',
        '👩‍👩‍👧‍👦',
        'é',
        '\n\n',
        '…',
        'a'.repeat(40),
      ),
      {
        maxLength: 80,
      },
    )
    .map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const budgets = fc.integer({ min: 0, max: 400 });

describe('a text that is cut', () => {
  test('fits, and is a beginning, an end, or both', () => {
    fc.assert(
      fc.property(texts, budgets, (text, budget) => {
        const fits = bytes(budget);
        const head = cutHead(text, fits);
        const tail = cutTail(text, fits);
        const both = cutMiddle(text, fits);
        for (const cut of [head, tail, both]) expect(cut === '' || fits(cut)).toBe(true);
        expect(text.startsWith(head)).toBe(true);
        expect(text.endsWith(tail)).toBe(true);
        if (both === '' || both === text) return;
        const ends = [...both.matchAll(/(?= … )/g)].map(({ index }) => [
          both.slice(0, index),
          both.slice(index + gap.length),
        ]);
        expect(ends.some(([start = '', end = '']) => text.startsWith(start) && text.endsWith(end))).toBe(true);
      }),
    );
  });

  test('is cut between characters as people see them', () => {
    fc.assert(
      fc.property(texts, budgets, (text, budget) => {
        const whole = charactersOf(text);
        const head = cutHead(text, bytes(budget));
        const tail = cutTail(text, bytes(budget));
        const ends = whole.map((_, index) => whole.slice(0, index).join('').length).concat(text.length);
        // What is trimmed may end inside a character: a line break of two, or a space with an accent on it.
        if (!/\s$/.test(text.slice(0, head.length + 1))) expect(ends).toContain(head.length);
        if (!/^\s/.test(text.slice(text.length - tail.length - 1))) expect(ends).toContain(text.length - tail.length);
      }),
    );
  });

  test('is left whole where it fits', () => {
    const text = ' The lamp is nice. ';
    for (const cut of [cutHead, cutTail, cutMiddle]) expect(cut(text, () => true)).toBe(text);
  });

  test('is blank where nothing fits', () => {
    for (const cut of [cutHead, cutTail, cutMiddle]) expect(cut('The lamp', () => false)).toBe('');
    // A family is one character of 25 bytes.
    for (const cut of [cutHead, cutTail, cutMiddle]) expect(cut('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', bytes(24))).toBe('');
  });

  const review = 'I like the lamp. The switch is loose, though. It broke after a week. Never again.';

  test('keeps whole sentences, where that does not cost too much', () => {
    expect(cutHead(review, bytes(20))).toBe('I like the lamp.');
    expect(cutHead(review, bytes(50))).toBe('I like the lamp. The switch is loose, though.');
    expect(cutTail(review, bytes(15))).toBe('Never again.');
    expect(cutTail(review, bytes(40))).toBe('It broke after a week. Never again.');
    expect(cutMiddle(review, bytes(37))).toBe('I like the lamp. … Never again.');
  });

  test('keeps whole words otherwise, and whole characters where a word is too long', () => {
    expect(cutHead('The unbelievably magnificent lamp of my aunt', bytes(15))).toBe('The unbelievabl');
    expect(cutHead('The magnificent lamp of my aunt', bytes(25))).toBe('The magnificent lamp of');
    expect(cutTail('The magnificent lamp of my aunt', bytes(10))).toBe('of my aunt');
    expect(cutHead('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', bytes(60))).toBe('👩‍👩‍👧‍👦👩‍👩‍👧‍👦');
    expect(cutHead('x'.repeat(50), bytes(20))).toBe('x'.repeat(20));
  });

  test('keeps flags whole far inside a long text', () => {
    const flags = '🇩🇪'.repeat(4_000);
    for (const most of [30_001, 30_005, 30_006, 30_007]) {
      const head = cutHead(`So many: ${flags}`, (text) => text.length <= most - 15_000);
      expect((head.length - 'So many: '.length) % 4).toBe(0);
    }
  });
});

describe('a text in parts', () => {
  test('is the same when they are put together, and each of them fits', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 400 }), (text, budget) => {
        const fits = bytes(budget);
        const parts = splitText(text, fits);
        if (parts.length === 0) {
          expect(text === '' || charactersOf(text).some((character) => !fits(character))).toBe(true);
          return;
        }
        expect(parts.join('')).toBe(text);
        expect(parts.every(fits)).toBe(true);
        expect(parts.flatMap(charactersOf)).toEqual(charactersOf(text));
      }),
    );
  });

  test('has sentences in them', () => {
    const parts = splitText('One is good. Two is better. Three is best. Four is a crowd.', bytes(30));
    expect(parts).toEqual(['One is good. Two is better. ', 'Three is best. ', 'Four is a crowd.']);
  });

  test('a long one does not take long', { timeout: 5_000 }, () => {
    const text = 'The lamp is nice and I like it. '.repeat(30_000);
    const parts = splitText(text, bytes(8_000));
    expect(parts.join('')).toBe(text);
    expect(parts.length).toBeLessThan(130);
  });
});
