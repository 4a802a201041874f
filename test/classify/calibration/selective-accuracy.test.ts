import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SelectiveAccuracy } from '../../../src/classify/calibration/selective-accuracy.js';
import { Reliability, withoutRoundingError } from '../../../src/foundation/statistics/probability-scores.js';
import { edgeRows } from './edge-rows.js';

type Answer = readonly [confidence: number, isRight: boolean];

function errorOf(answers: readonly Answer[]): number | null {
  const reliability = new Reliability();
  for (const answer of answers) reliability.add(...answer);
  return reliability.expectedCalibrationError;
}

function accuracyOf(answers: readonly Answer[], part: number): number | null {
  const selective = new SelectiveAccuracy();
  for (const answer of answers) selective.add(...answer);
  return selective.at(part);
}

const answer = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean());
const answers = fc.array(answer, { minLength: 1, maxLength: 60 });

describe('the expected calibration error', () => {
  test.each<[string, readonly Answer[], number | null]>([
    ['nothing', [], null],
    ['one right answer that was sure', [[1, true]], 0],
    ['one wrong answer that was sure', [[1, false]], 1],
    // One bin: two of four right, mean confidence 0.75.
    [
      'half of them right at 0.75',
      [
        [0.7, true],
        [0.8 - 1e-9, true],
        [0.75, false],
        [0.75, false],
      ],
      0.25,
    ],
    // Two bins, of 1 and 3 answers: (|0 − 0.15| + |2 − 2.85|) ÷ 4.
    [
      'two bins',
      [
        [0.15, false],
        [0.95, true],
        [0.95, true],
        [0.95, false],
      ],
      (0.15 + 0.85) / 4,
    ],
    ['0.7 belongs to the bin that begins with it', edgeRows, 0.1826],
    // Under- and over-confidence of different bins do not cancel.
    [
      'no cancelling',
      [
        [0.05, true],
        [0.95, false],
      ],
      0.95,
    ],
  ])('%s', (_, given, expected) => {
    if (expected === null) expect(errorOf(given)).toBeNull();
    else expect(errorOf(given)).toBeCloseTo(expected, 6);
  });

  test('is 0 to 1, whatever the order', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const error = errorOf(given) ?? -1;
        expect(error >= 0 && error <= 1).toBe(true);
        expect(errorOf(given.toReversed())).toBeCloseTo(error, 9);
      }),
    );
  });
});

describe('a probability without its rounding error', () => {
  test('is the hundredth that its logarithm was made of', () => {
    for (let hundredth = 1; hundredth < 100; hundredth += 1) {
      const [one, other] = [hundredth / 100, 1 - hundredth / 100].map((share) => Math.exp(Math.log(share))) as [
        number,
        number,
      ];
      expect(withoutRoundingError(one / (one + other))).toBe(hundredth / 100);
    }
  });

  test('is the probability itself where that is no multiple of a millionth', () => {
    for (const probability of [0, 1, 0.7, 0.830909090909091, 0.9999999, 1e-9]) {
      expect(withoutRoundingError(probability)).toBe(probability);
    }
  });
});

describe('the accuracy of the surest answers', () => {
  test.each<[string, readonly Answer[], number, number | null]>([
    ['nothing', [], 0.5, null],
    [
      'all',
      [
        [0.9, true],
        [0.1, false],
      ],
      1,
      0.5,
    ],
    [
      'the surer half',
      [
        [0.9, true],
        [0.6, false],
        [0.99, true],
        [0.1, false],
      ],
      0.5,
      1,
    ],
    [
      '80 % of five',
      [
        [0.9, true],
        [0.8, true],
        [0.7, true],
        [0.6, false],
        [0.5, false],
      ],
      0.8,
      0.75,
    ],
    [
      'near to 1 they are told apart',
      [
        [0.99999, true],
        [0.9999, false],
      ],
      0.5,
      1,
    ],
    [
      'in the middle they are told apart, too',
      [
        [0.7, true],
        [0.6998, false],
      ],
      0.5,
      1,
    ],
    [
      'those that are as sure count by their mean',
      [
        [0.9, true],
        [0.9, false],
        [0.9, true],
        [0.9, true],
      ],
      0.5,
      0.75,
    ],
    [
      'a part of an answer counts as a part',
      [
        [0.9, true],
        [0.5, false],
        [0.4, false],
      ],
      0.5,
      1 / 1.5,
    ],
    [
      '0 and 1 themselves',
      [
        [1, true],
        [0, false],
      ],
      0.5,
      1,
    ],
  ])('%s', (_, given, part, expected) => {
    if (expected === null) expect(accuracyOf(given, part)).toBeNull();
    else expect(accuracyOf(given, part)).toBeCloseTo(expected, 12);
  });

  test('is that of sorted answers, where they are clearly apart', () => {
    const apart = fc.uniqueArray(fc.integer({ min: 1, max: 49 }), { minLength: 2, maxLength: 49 });
    fc.assert(
      fc.property(apart, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (percents, rights) => {
        const given = percents.map((percent, index) => [percent / 50, rights[index] ?? false] as const);
        const half = Math.floor(given.length / 2);
        const sorted = given.toSorted(([a], [b]) => b - a).slice(0, half);
        const right = sorted.filter(([, isRight]) => isRight).length;
        expect(accuracyOf(given, half / given.length)).toBeCloseTo(right / half, 9);
      }),
    );
  });
});
