import { describe, expect, it } from 'vitest';
import { optionTypes } from '../../../src/cli/options/option-types.js';

const { delimiter, encoding, labelMap, labels: labelList, list: blankList } = optionTypes;

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

  it('is refused in one line where a quote is not closed', () => {
    expect(() => labelList('good,"bad, very')).toThrow(
      'It must be a list in one line such as a,"b, c",d, with every quote closed.',
    );
  });
});

describe('translations of labels', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['pos=positive,N/A=', { pos: 'positive', 'N/A': '' }],
    ['"so, so"=neutral', { 'so, so': 'neutral' }],
    ['so="neutral, more or less",bad=bad', { so: 'neutral, more or less', bad: 'bad' }],
    ['"so, so"="neutral, more or less"', { 'so, so': 'neutral, more or less' }],
    ['"so, so=neutral"', { 'so, so': 'neutral' }],
    ['a=b=c,"d=e"=f', { 'a=b': 'c', 'd=e': 'f' }],
  ])('%s', (text, pairs) => expect(Object.fromEntries(labelMap(text, {}))).toEqual(pairs));

  it.each(['"so, so=neutral', 'so="neutral, more', 'a="b""'])('is refused where a quote is not closed: %s', (text) => {
    expect(() => labelMap(text, {})).toThrow(
      'It must be a list in one line such as a=x,"b, c"=y, with every quote closed.',
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
    expect(() => encoding('windows1252x')).toThrow('shift_jis (the nearest name is windows-1252).');
  });

  it('lists blank cells', () => {
    expect(blankList('N/A,"-, none"', {})).toEqual(['N/A', '-, none']);
    expect(() => blankList('a,,b', {})).toThrow(/such as N\/A/);
  });
});
