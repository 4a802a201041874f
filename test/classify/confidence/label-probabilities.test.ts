import { describe, expect, test } from 'vitest';
import { labelProbabilities } from '../../../src/classify/confidence/label-probabilities.js';
import { type Case, check, forced, place, said, three } from './token-places.js';

const label = 'positive';

describe('a label of one place', () => {
  test.each<Case>([
    {
      name: 'one token per label',
      label,
      tokens: [place(['positive', 0.6], ['neutral', 0.1], ['negative', 0.3])],
      share: 0.6,
    },
    {
      name: 'what is no label does not count',
      label,
      tokens: [place(['positive', 0.3], ['negative', 0.1], ['The', 0.5], ['maybe', 0.1])],
      share: 0.75,
    },
    {
      name: 'variants in case, space, quotes and length are summed',
      label,
      tokens: [
        place(
          [' positive', 0.3],
          ['Positive', 0.2],
          [' POS', 0.05],
          ['"positive', 0.1],
          ['“Pos', 0.05],
          ['negative', 0.3],
        ),
      ],
      share: 0.7,
    },
    {
      name: 'the first pieces of labels',
      label,
      tokens: [place(['pos', 0.8], ['neg', 0.1], ['neu', 0.1]), place(['itive', 0.9])],
      share: 0.8,
    },
    {
      name: 'a chosen token that is not in the list counts too',
      label,
      tokens: [forced(['positive', 0.2], ['negative', 0.6])],
      share: 0.25,
    },
    {
      name: 'and only once where it is',
      label,
      tokens: [place(['positive', 0.2], ['negative', 0.6])],
      share: 0.25,
    },
    {
      name: 'quotes and spaces in front are passed over',
      label,
      tokens: [place(['"', 1]), place([' ', 1]), place(['positive', 0.9], ['negative', 0.1])],
      share: 0.9,
    },
    {
      name: 'what is said after the label has been decided does not count',
      label,
      tokens: [place(['pos', 0.5], ['neg', 0.5]), place(['itive', 0.2], ['sible', 0.8])],
      share: 0.5,
    },
    {
      name: 'a token that begins two labels is no proof of a third one',
      label,
      tokens: [place(['positive', 0.5], ['ne', 0.5])],
      share: 0.5,
    },
    {
      name: 'and where it may be of the answer, the share is not known',
      label: 'negative',
      tokens: [place(['negative', 0.5], ['ne', 0.3], ['positive', 0.2])],
      share: null,
    },
    {
      name: 'unless it is too small to matter',
      label: 'negative',
      tokens: [place(['negative', 0.5], ['ne', 0.04], ['positive', 0.46])],
      share: 0.5,
    },
    {
      name: 'space and quotes alone are no proof of anything',
      label,
      tokens: [place(['positive', 0.3], ['negative', 0.1], [' ', 0.3], ['"', 0.2], ['', 0.1])],
      share: 0.75,
    },
    { name: 'the only label in the list', label, tokens: [place(['positive', 0.01], ['The', 0.9])], share: 1 },
    {
      name: 'a label that is less likely than another',
      label,
      tokens: [place(['positive', 0.1], ['Negative', 0.08], [' negative', 0.08])],
      share: 0.1 / 0.26,
    },
    {
      name: 'a full stop and Markdown around it',
      label,
      tokens: [place(['**', 0.4], ['positive', 0.3]), place(['Positive', 0.8], ['Negative', 0.2]), ...said('**', '.')],
      share: 0.8,
    },
    {
      name: 'different tokens of the same text are both counted',
      label,
      tokens: [place(['positive', 0.4], ['negative', 0.1], ['negative', 0.3])],
      share: 0.5,
    },
  ])('$name', check);
});

describe('labels that begin alike are told apart where they differ', () => {
  const very = ['very positive', 'very negative', 'neutral'];
  const prefixes = ['neg', 'negative'];
  const mixed = ['positive', 'positively mixed'];
  test.each<Case>([
    {
      name: 'in a later token: the shares of the places multiply',
      label: 'very positive',
      labels: very,
      tokens: [place(['very', 0.8], ['neutral', 0.2]), place([' positive', 0.75], [' negative', 0.25])],
      share: 0.6,
    },
    {
      name: 'in a later token, where other words do not count',
      label: 'very positive',
      labels: very,
      tokens: [
        place(['very', 0.57], [' Very', 0.03], ['neutral', 0.2], ['It', 0.2]),
        place([' positive', 0.3], [' neg', 0.1], [' good', 0.6]),
      ],
      share: 0.75 * 0.75,
    },
    {
      name: 'where one token says two words',
      label: 'very negative',
      labels: very,
      tokens: [
        place(['very', 0.6], ['very negative', 0.2], ['neutral', 0.2]),
        place([' negative', 0.5], [' positive', 0.5]),
      ],
      share: 0.2 + 0.6 * 0.5,
    },
    {
      name: 'in the middle of a word',
      label: 'negative',
      tokens: [
        place(['ne', 0.5], ['positive', 0.5]),
        place(['g', 0.9], ['utral', 0.1]),
        place(['ative', 0.5], ['lected', 0.5]),
      ],
      share: 0.45,
    },
    {
      name: 'a label that is the beginning of another: it goes on',
      label: 'negative',
      labels: prefixes,
      tokens: [...said('"'), place(['neg', 0.9], ['no', 0.1]), place(['ative', 0.7], ['"', 0.2], ['ation', 0.1])],
      share: 0.7 / 0.9,
    },
    {
      name: 'a label that is the beginning of another: it ends',
      label: 'neg',
      labels: prefixes,
      tokens: [...said('"'), place(['neg', 0.9], ['no', 0.1]), place(['"', 0.6], ['ative', 0.2], ['".', 0.2])],
      share: 0.8,
    },
    {
      name: 'it ends with the special token of the end, or an empty one',
      label: 'neg',
      labels: prefixes,
      tokens: [place(['neg', 1]), place(['<|im_end|>', 0.5], ['', 0.1], ['ative', 0.2], ['ligent', 0.2])],
      text: 'neg',
      share: 0.75,
    },
    {
      name: 'it ends with an empty token, which was chosen',
      label: 'neg',
      labels: prefixes,
      tokens: [place(['neg', 1]), place(['', 0.5], ['ative', 0.5])],
      share: 0.5,
    },
    {
      name: 'an end that is not shown decides nothing',
      label: 'neg',
      labels: prefixes,
      tokens: said('neg'),
      share: null,
    },
    {
      name: 'an ending that makes another label',
      label: 'positive',
      labels: mixed,
      tokens: [place(['positive', 0.9], ['positively', 0.05]), place(['.', 0.6], ['ly', 0.4])],
      share: (0.9 * 0.6) / 0.95,
    },
    {
      name: 'the other label of the two',
      label: 'positively mixed',
      labels: mixed,
      tokens: [
        place(['positive', 0.9], ['positively', 0.1]),
        place(['ly', 0.5], ['.', 0.5]),
        place([' mixed', 0.7], [' good', 0.3]),
      ],
      share: 0.1 + 0.9 * 0.5,
    },
    {
      name: 'a space may be the inside of a longer label, or come after a short one',
      label: 'very good',
      labels: ['very', 'very good'],
      tokens: [place(['very', 1]), place([' ', 0.8], ['.', 0.2]), place(['good', 0.5], ['\n', 0.5])],
      share: 0.8 * 0.5,
    },
    {
      name: 'a chosen token that two labels begin with, and nothing after it',
      label: 'negative',
      tokens: [place(['ne', 0.9], ['positive', 0.1])],
      text: 'negative',
      share: null,
    },
    {
      name: 'numbers',
      label: '10',
      labels: ['1', '10', '2'],
      tokens: [...said('"'), place(['1', 0.8], ['2', 0.2]), place(['0', 0.5], ['"', 0.5])],
      share: 0.4,
    },
    {
      name: 'signs',
      label: '-',
      labels: ['+', '-', '--'],
      tokens: [place(['"', 1]), place(['-', 0.5], ['+', 0.25], ['--', 0.25]), place(['"', 0.5], ['-', 0.5])],
      share: 0.25,
    },
  ])('$name', check);
});

describe('the shares of all labels', () => {
  test('they are in the order of the labels; what decides nothing is missing to 1', () => {
    const logprobs = [place(['positive', 0.5], ['ne', 0.2], ['neutral', 0.2], ['negative', 0.1])];
    const shares = labelProbabilities({ text: label, label, labels: three, logprobs, format: 'label' })?.shares;
    expect(shares?.map((share) => share.toFixed(3))).toEqual(['0.500', '0.200', '0.100']);
  });

  test('labels that end at different places', () => {
    const labels = ['very good', 'very bad', 'bad'];
    const logprobs = [place(['very', 0.66], ['bad', 0.3], ['v', 0.04]), place([' good', 0.5], [' bad', 0.5])];
    const shares = labelProbabilities({
      text: 'very good',
      label: 'very good',
      labels,
      logprobs,
      format: 'label',
    })?.shares;
    expect(shares?.map((share) => share.toFixed(3))).toEqual(['0.350', '0.350', '0.300']);
  });
});
