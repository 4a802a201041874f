import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combinePredictions, type Prediction } from '../../src/classify/prediction.js';

const labels = ['positive', 'neutral', 'negative'];

function chunk(label: string, length: number, more: Partial<Prediction> = {}) {
  const usage = { promptTokens: 100, completionTokens: 1 };
  const unknown = { rationale: null, fields: null, confidence: null, labelShares: null, labelMass: null };
  return { prediction: { label, ...unknown, usage, queueMs: 5, ...more }, length };
}

describe('the label of a text in chunks', () => {
  test('without confidences each chunk votes by its length', () => {
    const chunks = [chunk('positive', 100), chunk('negative', 60), chunk('negative', 50)];
    expect(combinePredictions(chunks, labels)).toMatchObject({
      label: 'negative',
      confidence: null,
      labelShares: null,
    });
  });

  test('one chunk without a confidence makes it a vote', () => {
    const chunks = [
      chunk('positive', 60, { confidence: 0.5 }),
      chunk('negative', 50, { confidence: 0.99 }),
      chunk('neutral', 1),
    ];
    expect(combinePredictions(chunks, labels)).toMatchObject({ label: 'positive', confidence: null });
  });

  test('with confidences a confident chunk outweighs one that is not', () => {
    const chunks = [chunk('positive', 60, { confidence: 0.4 }), chunk('negative', 40, { confidence: 0.9 })];
    const { label, confidence } = combinePredictions(chunks, labels);
    expect(label).toBe('negative');
    expect(confidence).toBeCloseTo(0.36);
  });

  test('with the shares of all labels each gets the mean of them', () => {
    const chunks = [
      chunk('positive', 75, { confidence: 0.5, labelShares: [0.5, 0.1, 0.4] }),
      chunk('negative', 25, { confidence: 0.8, labelShares: [0, 0.2, 0.8] }),
    ];
    const { label, confidence, labelShares } = combinePredictions(chunks, labels);
    expect(label).toBe('negative');
    expect(confidence).toBeCloseTo(0.5);
    expect(labelShares?.map((share) => Math.round(share * 1_000))).toEqual([375, 125, 500]);
  });

  test('where one chunk tells its own share only, those of all labels are not known', () => {
    const chunks = [
      chunk('positive', 75, { confidence: 0.5, labelShares: [0.5, 0.1, 0.4] }),
      chunk('negative', 25, { confidence: 0.8 }),
    ];
    expect(combinePredictions(chunks, labels)).toMatchObject({ confidence: expect.closeTo(0.5), labelShares: null });
  });

  test('the mass of the labels is the mean of the chunks, and not known where one chunk has none', () => {
    const chunks = [chunk('positive', 75, { labelMass: 0.8 }), chunk('negative', 25, { labelMass: 0.4 })];
    expect(combinePredictions(chunks, labels).labelMass).toBeCloseTo(0.7);
    expect(combinePredictions([...chunks, chunk('neutral', 5)], labels).labelMass).toBeNull();
  });

  test.each([
    [
      'the longest part among the equals',
      [chunk('neutral', 40), chunk('negative', 20), chunk('negative', 20)],
      'neutral',
    ],
    ['the first in the label set', [chunk('negative', 40), chunk('neutral', 40)], 'neutral'],
    [
      'rounding does not decide',
      [chunk('negative', 3, { confidence: 0.1 }), chunk('positive', 1, { confidence: 0.3 })],
      'negative',
    ],
  ])('of equals: %s', (_, chunks, label) => {
    expect(combinePredictions(chunks, labels).label).toBe(label);
  });

  test('one chunk is what it is', () => {
    const only = chunk('neutral', 7, { confidence: 0.7, rationale: 'So.', labelShares: [0.2, 0.7, 0.1] });
    expect(combinePredictions([only], labels)).toEqual({
      ...only.prediction,
      labelShares: [0.2, 0.7, 0.1],
      labelMass: null,
    });
  });
});

describe('the rest of it', () => {
  test('rationales are put together, tokens and queue times added up', () => {
    const chunks = [
      chunk('positive', 5, { rationale: 'It works.' }),
      chunk('positive', 5),
      chunk('neutral', 1, { rationale: 'So so.' }),
    ];
    expect(combinePredictions(chunks, labels)).toMatchObject({
      rationale: 'It works. … So so.',
      usage: { promptTokens: 300, completionTokens: 3 },
      queueMs: 15,
    });
    expect(combinePredictions([chunk('positive', 5)], labels).rationale).toBeNull();
  });

  test('a sum with something unknown in it is not known', () => {
    const unknown = chunk('positive', 5, { usage: { promptTokens: null, completionTokens: 1 }, queueMs: null });
    expect(combinePredictions([chunk('positive', 5), unknown], labels)).toMatchObject({
      usage: { promptTokens: null, completionTokens: 2 },
      queueMs: null,
    });
  });
});

test('whatever the chunks say: a label of theirs, a confidence between 0 and 1, and the order does not count', () => {
  const judged = fc.record({
    label: fc.constantFrom(...labels),
    confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    length: fc.integer({ min: 1, max: 5_000 }),
  });
  fc.assert(
    fc.property(fc.array(judged, { minLength: 1, maxLength: 20 }), (all) => {
      const chunks = all.map(({ label, confidence, length }) => chunk(label, length, { confidence }));
      const { label, confidence } = combinePredictions(chunks, labels);
      expect(all.map((one) => one.label)).toContain(label);
      expect(confidence === null).toBe(all.some((one) => one.confidence === null));
      if (confidence !== null) expect(confidence >= 0 && confidence <= 1).toBe(true);
      expect(combinePredictions(chunks.reverse(), labels).label).toBe(label);
    }),
  );
});
