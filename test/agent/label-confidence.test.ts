import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelConfidence } from '../../src/agent/label-confidence.js';
import type { TokenLogprob } from '../../src/model/index.js';

const labels = ['positive', 'neutral', 'negative'];

/** A place in the answer: the chosen token first, with probabilities. */
function place(tokens: Readonly<Record<string, number>>, listed = true): TokenLogprob {
  const all = Object.entries(tokens).map(([token, probability]) => ({ token, logprob: Math.log(probability) }));
  const [chosen = { token: '', logprob: 0 }, ...others] = all;
  return { ...chosen, alternatives: listed ? all : others };
}

describe('labelConfidence', () => {
  test.each<[string, TokenLogprob[], number | null]>([
    ['one token per label', [place({ positive: 0.6, neutral: 0.1, negative: 0.3 })], 0.6],
    ['what is no label does not count', [place({ positive: 0.3, negative: 0.1, The: 0.5, maybe: 0.1 })], 0.75],
    [
      'variants are summed',
      [place({ ' positive': 0.3, Positive: 0.2, ' POS': 0.1, '"positive': 0.1, negative: 0.3 })],
      0.7,
    ],
    ['the first pieces of labels', [place({ pos: 0.8, neg: 0.1, neu: 0.1 })], 0.8],
    ['a chosen token that is not in the list counts too', [place({ positive: 0.2, negative: 0.6 }, false)], 0.25],
    ['and only once where it is', [place({ positive: 0.2, negative: 0.6 }, true)], 0.25],
    [
      'quotes and spaces in front are passed over',
      [place({ '"': 1 }), place({ ' ': 1 }), place({ positive: 0.9, negative: 0.1 })],
      0.9,
    ],
    ['what comes after the label does not count', [place({ pos: 0.5, neg: 0.5 }), place({ itive: 1 })], 0.5],
    ['a token that two labels begin with is no proof of another one', [place({ positive: 0.5, ne: 0.5 })], 0.5],
    ['the only label in the list', [place({ positive: 0.01, The: 0.9 })], 1],
    [
      'a label that is less likely than another',
      [place({ positive: 0.1, Negative: 0.08, ' negative': 0.08 })],
      0.1 / 0.26,
    ],
    ['a chosen token that two labels begin with', [place({ ne: 0.9, positive: 0.1 })], null],
    ['an answer that begins with something else', [place({ The: 0.9, positive: 0.1 }), place({ positive: 1 })], null],
    ['another label than the chosen token says', [place({ negative: 0.9, positive: 0.1 })], null],
    ['no tokens', [], null],
    ['quotes only', [place({ '"': 1 }), place({ '"': 1 })], null],
    ['a label without mass', [{ token: 'positive', logprob: Number.NEGATIVE_INFINITY, alternatives: [] }], null],
    ['a probability that is none', [{ token: 'positive', logprob: Number.NaN, alternatives: [] }], null],
  ])('%s', (_, logprobs, confidence) => {
    const found = labelConfidence('positive', labels, logprobs);
    if (confidence === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(confidence, 10);
  });

  test('a token that the label begins with, and another one too, is no proof of it either', () => {
    const given = [place({ negative: 0.5, ne: 0.3, positive: 0.2 })];
    expect(labelConfidence('negative', labels, given)).toBeCloseTo(0.5, 10);
  });

  test('no probabilities, no confidence', () => {
    expect(labelConfidence('positive', labels, null)).toBeNull();
  });

  test('labels that begin alike are told apart only where they differ', () => {
    const stars = ['very good', 'very bad'];
    expect(labelConfidence('very good', stars, [place({ very: 1 }), place({ ' good': 0.9 })])).toBeNull();
    expect(labelConfidence('good', ['good', 'goodish'], [place({ good: 1 })])).toBeNull();
    expect(labelConfidence('goodish', ['good', 'goodish'], [place({ goodi: 0.6, good: 0.4 })])).toBeCloseTo(0.6, 10);
  });

  test('case and composition of letters do not count', () => {
    expect(labelConfidence('Négatif', ['Positif', 'Négatif'], [place({ 'ne\u0301': 0.7, PO: 0.3 })])).toBeCloseTo(
      0.7,
      10,
    );
  });

  test('it is a share, above 0 and at most 1, and of one label at most', () => {
    const token = fc.constantFrom(
      'positive',
      ' Positive',
      'pos',
      'neg',
      ' negative',
      'ne',
      'n',
      'neutral',
      '"',
      'The',
      ' ',
      'po"',
    );
    const logprob = fc.double({ min: -30, max: 0, noNaN: true });
    const entry = fc.record({ token, logprob });
    const logprobs = fc.array(fc.record({ token, logprob, alternatives: fc.array(entry, { maxLength: 10 }) }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(logprobs, (given) => {
        for (const label of labels) {
          const confidence = labelConfidence(label, labels, given);
          if (confidence === null) continue;
          expect(confidence).toBeGreaterThan(0);
          expect(confidence).toBeLessThanOrEqual(1);
        }
        expect(labels.filter((label) => labelConfidence(label, labels, given) !== null).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
