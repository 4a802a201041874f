import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChunkPrediction, combineParts } from '../../src/classify/prediction.js';

const labels = ['positive', 'neutral', 'negative'];

function part(label: string, length: number, more: Partial<ChunkPrediction> = {}) {
  const usage = { promptTokens: 100, completionTokens: 1 };
  return { judgement: { label, rationale: null, confidence: null, usage, queueMs: 5, ...more }, length };
}

describe('the label of a text in parts', () => {
  test('without confidences each part votes by its length', () => {
    const parts = [part('positive', 100), part('negative', 60), part('negative', 50)];
    expect(combineParts(parts, labels)).toMatchObject({ label: 'negative', confidence: null, labelShares: null });
  });

  test('one part without a confidence makes it a vote', () => {
    const parts = [
      part('positive', 60, { confidence: 0.5 }),
      part('negative', 50, { confidence: 0.99 }),
      part('neutral', 1),
    ];
    expect(combineParts(parts, labels)).toMatchObject({ label: 'positive', confidence: null });
  });

  test('with confidences a sure part outweighs one that is not', () => {
    const parts = [part('positive', 60, { confidence: 0.4 }), part('negative', 40, { confidence: 0.9 })];
    const { label, confidence } = combineParts(parts, labels);
    expect(label).toBe('negative');
    expect(confidence).toBeCloseTo(0.36);
  });

  test('with the shares of all labels each gets the mean of them', () => {
    const parts = [
      part('positive', 75, { confidence: 0.5, labelShares: [0.5, 0.1, 0.4] }),
      part('negative', 25, { confidence: 0.8, labelShares: [0, 0.2, 0.8] }),
    ];
    const { label, confidence, labelShares } = combineParts(parts, labels);
    expect(label).toBe('negative');
    expect(confidence).toBeCloseTo(0.5);
    expect(labelShares?.map((share) => Math.round(share * 1_000))).toEqual([375, 125, 500]);
  });

  test('where one part tells its own share only, those of all labels are not known', () => {
    const parts = [
      part('positive', 75, { confidence: 0.5, labelShares: [0.5, 0.1, 0.4] }),
      part('negative', 25, { confidence: 0.8 }),
    ];
    expect(combineParts(parts, labels)).toMatchObject({ confidence: expect.closeTo(0.5), labelShares: null });
  });

  test('the mass of the labels is the mean of the parts, and not known where one part has none', () => {
    const parts = [part('positive', 75, { labelMass: 0.8 }), part('negative', 25, { labelMass: 0.4 })];
    expect(combineParts(parts, labels).labelMass).toBeCloseTo(0.7);
    expect(combineParts([...parts, part('neutral', 5)], labels).labelMass).toBeNull();
  });

  test.each([
    ['the longest part among the equals', [part('neutral', 40), part('negative', 20), part('negative', 20)], 'neutral'],
    ['the first in the label set', [part('negative', 40), part('neutral', 40)], 'neutral'],
    [
      'rounding does not decide',
      [part('negative', 3, { confidence: 0.1 }), part('positive', 1, { confidence: 0.3 })],
      'negative',
    ],
  ])('of equals: %s', (_, parts, label) => {
    expect(combineParts(parts, labels).label).toBe(label);
  });

  test('one part is what it is', () => {
    const only = part('neutral', 7, { confidence: 0.7, rationale: 'So.', labelShares: [0.2, 0.7, 0.1] });
    expect(combineParts([only], labels)).toEqual({
      ...only.judgement,
      labelShares: [0.2, 0.7, 0.1],
      labelMass: null,
    });
  });
});

describe('the rest of it', () => {
  test('rationales are put together, tokens and queue times added up', () => {
    const parts = [
      part('positive', 5, { rationale: 'It works.' }),
      part('positive', 5),
      part('neutral', 1, { rationale: 'So so.' }),
    ];
    expect(combineParts(parts, labels)).toMatchObject({
      rationale: 'It works. … So so.',
      usage: { promptTokens: 300, completionTokens: 3 },
      queueMs: 15,
    });
    expect(combineParts([part('positive', 5)], labels).rationale).toBeNull();
  });

  test('a sum with something unknown in it is not known', () => {
    const unknown = part('positive', 5, { usage: { promptTokens: null, completionTokens: 1 }, queueMs: null });
    expect(combineParts([part('positive', 5), unknown], labels)).toMatchObject({
      usage: { promptTokens: null, completionTokens: 2 },
      queueMs: null,
    });
  });
});

test('whatever the parts say: a label of theirs, a confidence between 0 and 1, and the order does not count', () => {
  const judged = fc.record({
    label: fc.constantFrom(...labels),
    confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    length: fc.integer({ min: 1, max: 5_000 }),
  });
  fc.assert(
    fc.property(fc.array(judged, { minLength: 1, maxLength: 20 }), (all) => {
      const parts = all.map(({ label, confidence, length }) => part(label, length, { confidence }));
      const { label, confidence } = combineParts(parts, labels);
      expect(all.map((one) => one.label)).toContain(label);
      expect(confidence === null).toBe(all.some((one) => one.confidence === null));
      if (confidence !== null) expect(confidence >= 0 && confidence <= 1).toBe(true);
      expect(combineParts(parts.reverse(), labels).label).toBe(label);
    }),
  );
});
