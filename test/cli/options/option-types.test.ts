import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listEntry, listOf, optionTypes } from '../../../src/cli/options/option-types.js';

const { delimiter, encoding, labels: labelList, list: blankList } = optionTypes;

describe('a list of labels', () => {
  it.each([
    ['yes,"no, never",maybe', ['yes', 'no, never', 'maybe']],
    [' yes , no ', ['yes', 'no']],
    ['5" screen,"the ""best"""', ['5" screen', 'the "best"']],
    ['nega\u200btive,positive', ['negative', 'positive']],
    ['pre\u0301cieux,bad', ['précieux', 'bad']],
  ])('%s', (text, labels) => expect(labelList(text)).toEqual(labels));

  it.each(['', 'yes', 'yes,', 'yes,yes', 'yes,"no', 'yes,\u200byes', '\u200b,no', 'yes\nno'])(
    'is refused: %j',
    (text) => expect(() => labelList(text)).toThrow(/It must be/),
  );

  it('is read as it is written, whatever the entries', () => {
    const entry = fc.string({ minLength: 1 }).map((text) => text.replace(/[\r\n]/g, ' ').trim());
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), (entries) => {
        const quoted = entries.map((one) => `"${one.replaceAll('"', '""')}"`).join(',');
        expect(listOf(quoted)).toEqual(entries);
        expect(listOf(entries.map(listEntry).join(','))).toEqual(entries);
      }),
    );
  });
});

describe('what an input is read with', () => {
  it('names a separator by its sign or its name', () => {
    expect([';', 'tab', '\\t', '\t', 'Pipe', 'semicolon', ':'].map((text) => delimiter(text))).toEqual([
      ';',
      '\t',
      '\t',
      '\t',
      '|',
      ';',
      ':',
    ]);
    for (const text of ['', ';;', '"', 'a', '\n', 'é']) expect(() => delimiter(text)).toThrow(/one sign such as/);
  });

  it('names an encoding', () => {
    expect(['UTF-16', 'Latin1'].map((text) => encoding(text))).toEqual(['utf-16le', 'windows-1252']);
    expect(() => encoding('klingon')).toThrow(/such as utf-16le/);
  });

  it('lists blank cells', () => {
    expect(blankList('N/A,"-, none"')).toEqual(['N/A', '-, none']);
    expect(() => blankList('a,,b')).toThrow(/such as N\/A/);
  });
});
