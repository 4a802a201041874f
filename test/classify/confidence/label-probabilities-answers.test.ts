import { describe, expect, test } from 'vitest';
import { labelProbabilities } from '../../../src/classify/confidence/label-probabilities.js';
import { type Case, check, forced, partly, place, said, three } from './token-places.js';

const label = 'positive';

describe('tokens that are not the label’s', () => {
  const decided = place(['positive', 0.9], ['negative', 0.1]);
  const object = [
    place(['{"', 0.9], ['positive', 0.1]),
    ...said('rationale', '":', ' "', 'negative? "sentiment": negative', '\\"', ' "', ',', ' "', 'sentiment', '":'),
  ];
  test.each<Case>([
    {
      name: 'thinking before the answer',
      label,
      tokens: [
        place(['<think>', 1]),
        place(['positive', 0.5], ['negative', 0.5]),
        ...said(' or', ' negative', '</think>', '\n\n'),
        decided,
      ],
      text: 'positive',
      share: 0.9,
    },
    {
      name: 'thinking whose answer was not reported',
      label,
      tokens: [...said('<think>', 'positive', ' or'), place(['negative', 0.9], ['x', 0.1]), ...said('</think>')],
      text: 'positive',
      share: null,
    },
    {
      name: 'the tokens of the end',
      label,
      tokens: [decided, ...said('<|im_end|>', '</s>', '\n')],
      text: 'positive',
      share: 0.9,
    },
    {
      name: 'a last token that was cut by a stop sequence',
      label,
      tokens: [place(['positive\n\nReview', 0.9], ['negative', 0.1])],
      text: 'positive',
      share: 0.9,
    },
    { name: 'tokens that spell something else', label, tokens: [decided], text: 'Positive', share: null },
    { name: 'tokens that are not all there', label, tokens: [place(['itive', 1])], text: 'positive', share: null },
    { name: 'no tokens', label, tokens: [], text: 'positive', share: null },
    {
      name: 'an enum answer',
      label,
      format: 'enum',
      tokens: [
        forced(['"', 0.1], ['Positive', 0.8]),
        forced(['positive', 0.2], ['Positive', 0.5], ['Negative', 0.3]),
        ...said('"'),
      ],
      share: 0.7,
    },
    { name: 'an enum answer without its quotes', label, format: 'enum', tokens: [decided], share: 0.9 },
    {
      name: 'a JSON object',
      label,
      format: 'json',
      tokens: [...said('{"', 'sentiment', '":"'), decided, ...said('"}')],
      share: 0.9,
    },
    {
      name: 'a JSON object with a rationale that names labels',
      label,
      format: 'json',
      text: '{"rationale": "negative? \\"sentiment\\": negative", "sentiment": "positive"}',
      tokens: [
        ...said(
          '{"',
          'rationale',
          '":',
          ' "',
          'negative',
          '? \\"',
          'sentiment',
          '\\": ',
          'negative',
          '", "',
          'sentiment',
          '":',
        ),
        place([' "', 1]),
        decided,
        ...said('"}'),
      ],
      share: 0.9,
    },
    {
      name: 'a JSON value whose quote is part of its token',
      label: 'negative',
      format: 'json',
      tokens: [
        ...said('```json\n', '{"other": {"sentiment": "positive"}, "sentiment"'),
        place([': "ne', 0.5], [': "pos', 0.25], [':"neg', 0.25]),
        place(['gative"}', 0.8], ['utral', 0.2]),
        ...said('\n```'),
      ],
      share: 0.25 + 0.5 * 0.8,
    },
    {
      name: 'a JSON value with escapes',
      label,
      format: 'json',
      tokens: [...said('{"sentiment":"'), decided, ...said('\\u0021"}')],
      share: null,
    },
    { name: 'JSON that is not closed as expected', label, format: 'json', tokens: object, share: null },
    { name: 'free text', label, format: 'text', tokens: [decided], share: null },
    {
      name: 'a place that decides, and shows the chosen token only',
      label,
      tokens: [partly(['positive', 0.6])],
      share: null,
    },
    {
      name: 'a label without mass',
      label,
      tokens: [place(['positive', 0], ['negative', 0])],
      share: null,
    },
    { name: 'a probability that is none', label, tokens: [place(['positive', Number.NaN], ['x', 0.1])], share: null },
    {
      name: 'a probability that is none, of another label',
      label,
      tokens: [place(['positive', 0.1], ['neg', Number.NaN])],
      share: null,
    },
  ])('$name', check);

  test('no probabilities, no shares', () => {
    expect(labelProbabilities({ text: label, label, labels: three, logprobs: null, format: 'label' })).toBeNull();
  });
});
