import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TokenLogprob } from '../../../src/model/model.js';
import { confidence, forced, partly, place, probabilities, said, three } from './token-places.js';

/** What a small model may say next; `x` and `y` begin no label. */
const vocabulary = ['a', 'b', 'aa', 'ab', 'ba', 'aab', 'x', 'y'];
const labels = ['aab', 'aba', 'bab', 'bba'];
const beginnings = ['', 'a', 'b', 'aa', 'ab', 'ba', 'bb'];

/** A weight for each word of the vocabulary: now and then one that leaves little to the others. */
const weights = fc.tuple(
  ...vocabulary.map(() => fc.oneof(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.constantFrom(1e-4, 20, 400))),
);

/** How likely each word is behind each beginning of a label. */
type SmallModel = Readonly<Record<string, readonly number[]>>;
const model: fc.Arbitrary<SmallModel> = fc.record(Object.fromEntries(beginnings.map((said) => [said, weights])));

function nextWords(small: SmallModel, said: string): readonly (readonly [word: string, probability: number])[] {
  const all = small[said] ?? [];
  const total = all.reduce((sum, one) => sum + one, 0);
  return vocabulary.map((word, index) => [word, (all[index] ?? 0) / total]);
}

function begun(said: string): readonly string[] {
  return labels.filter((one) => one.startsWith(said));
}

/** The share of a label as somebody knows it who sees every word behind every beginning. */
function trueShare(small: SmallModel, wanted: string, said = ''): number {
  const possible = begun(said);
  if (possible.length <= 1) return possible[0] === wanted ? 1 : 0;
  const next = nextWords(small, said).filter(([word]) => begun(said + word).length > 0);
  const all = next.reduce((sum, [, probability]) => sum + probability, 0);
  return next.reduce(
    (sum, [word, probability]) => sum + (probability / all) * trueShare(small, wanted, said + word),
    0,
  );
}

/** The ways in which the words of the vocabulary spell a text. */
function spellings(text: string): readonly (readonly string[])[] {
  if (text === '') return [[]];
  return vocabulary
    .filter((word) => text.startsWith(word))
    .flatMap((word) => spellings(text.slice(word.length)).map((rest) => [word, ...rest]));
}

/** The answer as a server tells it that lists so many words at each place. */
function listed(small: SmallModel, words: readonly string[], count: number): TokenLogprob[] {
  return words.map((word, index) => {
    const next = nextWords(small, words.slice(0, index).join(''));
    const entries = next.map(([token, probability]) => ({ token, logprob: Math.log(probability) }));
    const own = entries.find(({ token }) => token === word) ?? { token: word, logprob: Number.NEGATIVE_INFINITY };
    return { ...own, alternatives: entries.sort((one, other) => other.logprob - one.logprob).slice(0, count) };
  });
}

const answer = fc.constantFrom(...labels).chain((label) =>
  fc.record({
    label: fc.constant(label),
    words: fc.constantFrom(...spellings(label)),
  }),
);
const case_ = fc.record({ small: model, answer, count: fc.integer({ min: 1, max: vocabulary.length }) });

describe('a confidence that is shown', () => {
  test('is within 0.05 of the true one, whatever the words are that the server does not list', () => {
    const found = { shown: 0, withheld: 0 };
    fc.assert(
      fc.property(case_, ({ small, answer: { label, words }, count }) => {
        const shown = confidence(label, labels, listed(small, words, count));
        found[shown === null ? 'withheld' : 'shown'] += 1;
        if (shown !== null) expect(Math.abs(shown - trueShare(small, label))).toBeLessThanOrEqual(0.05 + 1e-9);
      }),
      { numRuns: 1_000 },
    );
    expect(found.shown).toBeGreaterThan(50);
    expect(found.withheld).toBeGreaterThan(50);
  });

  test('the mass of the labels is 0 to 1, and no shorter list shows more of it', () => {
    fc.assert(
      fc.property(case_, ({ small, answer: { label, words }, count }) => {
        const short = probabilities(label, labels, listed(small, words, count))?.mass ?? 0;
        const long = probabilities(label, labels, listed(small, words, vocabulary.length))?.mass ?? 1;
        expect(short).toBeGreaterThanOrEqual(0);
        expect(short).toBeLessThanOrEqual(long + 1e-9);
        expect(long).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('where the rest may change it', () => {
  const label = 'positive';
  test.each([
    [
      'a forced label, and a rest that hides in the rounding',
      forced(['positive', 0.0002], ['<|im_end|>', 0.64], ['You', 0.2]),
      null,
    ],
    ['a forced label that is likelier than that', forced(['positive', 0.01], ['<|im_end|>', 0.64], ['You', 0.2]), 1],
    ['the same with an open rest', partly(['positive', 0.0002], ['<|im_end|>', 0.64], ['You', 0.2]), null],
    ['a rest as large as another label', partly(['positive', 0.5], ['negative', 0.2], ['It', 0.1]), null],
    ['a rest that is small beside the labels', partly(['positive', 0.7], ['negative', 0.2], ['It', 0.05]), 7 / 9],
    [
      'a rest of the same size beside unlikely labels',
      partly(['positive', 0.1], ['negative', 0.02], ['It', 0.83]),
      null,
    ],
    ['probabilities that come to more than 1', partly(['positive', 1], ['negative', 0.9], ['It', 0.1]), null],
  ] as const)('%s', (_, only, share) => {
    const found = confidence(label, three, [only]);
    if (share === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(share, 9);
  });
});

describe('the mass of the labels', () => {
  const label = 'positive';
  test.each([
    ['one token', [place(['positive', 0.6], ['neg', 0.1], ['The', 0.3])], 'label', 0.7],
    [
      'a quote that a schema forced',
      [forced(['"', 1e-6], ['<|im_end|>', 0.7]), place(['positive', 0.5], ['negative', 0.3])],
      'enum',
      8e-7,
    ],
    [
      'a quote beside labels without one',
      [place(['"', 0.1], ['Positive', 0.2], ['The', 0.7]), place(['positive', 0.5], ['It', 0.5])],
      'enum',
      0.25,
    ],
    [
      'an object: what it says before the label is no part',
      [
        forced(['{"', 0.01], ['The', 0.9]),
        ...said('sentiment'),
        place(['":"', 0.01], ['_', 0.9]),
        place(['positive', 0.5], ['The', 0.5]),
      ],
      'json',
      0.005,
    ],
    [
      'a beginning that goes elsewhere',
      [place(['pos', 0.4], ['neutral', 0.2], ['It', 0.4]), ...said('itive')],
      'label',
      0.6,
    ],
  ] as const)('%s', (_, tokens, format, mass) => {
    const text = format === 'json' ? '{"sentiment":"positive"}' : undefined;
    const whole = format === 'json' ? [...tokens, ...said('"}')] : tokens;
    expect(probabilities(label, three, whole, { format, ...(text ? { text } : {}) })?.mass).toBeCloseTo(mass, 12);
  });

  test('labels of several tokens lose what their beginnings go on with otherwise', () => {
    const tokens = [
      place(['very', 0.8], ['neutral', 0.1], ['The', 0.1]),
      place([' positive', 0.3], [' negative', 0.2], [' well', 0.5]),
    ];
    expect(probabilities('very positive', ['very positive', 'neutral', 'very negative'], tokens)?.mass).toBeCloseTo(
      0.5,
      12,
    );
  });
});
