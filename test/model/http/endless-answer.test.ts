import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseEndlessAnswer } from '../../../src/model/http/endless-answer.js';

const refusalOf = (text: string) => {
  try {
    refuseEndlessAnswer(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('white space without end', () => {
  test.each([
    ['spaces', ' '.repeat(200)],
    ['line breaks', '{"sentiment": "positive"\n'.padEnd(300, '\n')],
    ['tabs and spaces', `x${'\t  \n'.repeat(60)}`],
    ['escapes in a JSON string', `{"rationale":"It works${String.raw`\n`.repeat(120)}`],
    ['escapes of several kinds', `{"rationale":"${String.raw`\n\t\u00a0 \r`.repeat(20)}`],
    ['no-break spaces', '\u00a0'.repeat(250)],
  ])('%s', (_, text) => {
    expect(refusalOf(text)).toContain('repeats white space without end');
  });

  test.each([
    ['some', `{"sentiment": "positive"${'\n'.repeat(150)}`],
    ['not at the end', `${' '.repeat(500)}{"sentiment": "positive"}`],
    ['a path', String.raw`C:\new\table\readme`],
  ])('is not: %s', (_, text) => {
    expect(refusalOf(text)).toBeUndefined();
  });
});

describe('the same without end', () => {
  test.each([
    ['one character', 'a'.repeat(240)],
    ['a word', ' and'.repeat(70)],
    ['behind an answer', `{"rationale":"It is good${' and good'.repeat(40)}`],
    ['a sentence', 'I love the lamp very much indeed. '.repeat(30)],
    ['emoji', '😀'.repeat(130)],
    ['in the middle of the fragment', `${'ha '.repeat(90)}h`],
  ])('%s', (_, text) => {
    expect(refusalOf(text)).toContain('repeats itself without end');
  });

  test.each([
    ['emphasis', `${'!'.repeat(200)}`],
    ['a few times', ' and'.repeat(40)],
    ['a sentence, a few times', 'I love the lamp very much indeed. '.repeat(15)],
    ['a rule of Markdown', `Good.\n${'-'.repeat(120)}`],
    ['not at the end', `${'ha '.repeat(90)} What a lamp.`],
    ['a long period', 'I love this lamp, it is the best one that I ever had, by far. '.repeat(30)],
  ])('is not: %s', (_, text) => {
    expect(refusalOf(text)).toBeUndefined();
  });

  test('any fragment of up to 40 characters is found, at any place of it', () => {
    const fragments = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(fc.string(), fragments, fc.nat(39), (before, fragment, more) => {
        expect(refusalOf(before + fragment.repeat(280) + fragment.slice(0, more))).toContain('without end');
      }),
    );
  });

  test('texts of words in any order are none', () => {
    const words = fc.array(fc.constantFrom('good', 'bad', 'lamp', 'the', 'is', 'not', 'very', ',', '.'), {
      minLength: 60,
      maxLength: 300,
    });
    fc.assert(
      fc.property(words, (all) => {
        // A random sequence may repeat itself, but hardly so often.
        expect(refusalOf(all.map((word, index) => `${word}${index % 7}`).join(' '))).toBeUndefined();
      }),
    );
  });
});
