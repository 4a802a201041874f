import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenEstimator } from '../../../src/classify/long-texts/token-estimator.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';

const scripts = [
  'abcdefghijklmnopqrstuvwxyz',
  'THE QUICK BROWN FOX',
  '0123456789',
  '     ',
  '.,!?\n-"',
  'éüßñжщдκλ',
  '你好台灯アりภ',
  '😀🎉👍',
].map((characters) => [...characters]);

/** Texts of one script or of several, 20 to 400 characters long. */
function textsFrom(seed: number): () => string {
  const random = seededRandom(seed);
  const one = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  return () => {
    const used = Array.from({ length: 1 + Math.floor(random() * 4) }, () => one(scripts));
    return Array.from({ length: 20 + Math.floor(random() * 380) }, () => one(one(used))).join('');
  };
}

const anyTexts = fc.oneof(
  fc.nat().map((seed) => textsFrom(seed)()),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme' }),
);

describe('an estimate of tokens', () => {
  test('comes to what a tokenizer of any constant number of tokens a character counts', () => {
    const runs = fc.record({
      ratio: fc.double({ min: 0.02, max: 3, noNaN: true }),
      frame: fc.nat(40),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(runs, ({ ratio, frame, seed }) => {
        const nextText = textsFrom(seed);
        const count = (text: string) => frame + Math.ceil(text.length * ratio);
        const estimator = new TokenEstimator();
        for (let seen = 0; seen < 400; seen += 1) {
          const text = nextText();
          estimator.learn(text, count(text));
        }
        // As long as those before, and twenty times as long.
        for (const text of [nextText(), Array.from({ length: 20 }, nextText).join('')]) {
          const { expected, atLeast, atMost } = estimator.estimate(text);
          const counted = count(text);
          expect(Math.abs(expected - counted)).toBeLessThan(0.1 * counted + 10);
          expect(atLeast).toBeLessThan(1.05 * counted + 4);
          expect(atMost).toBeGreaterThan(0.95 * counted - 4);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('is between its bounds, never negative, and never less than that of the beginning of the text', () => {
    const runs = fc.record({
      seen: fc.array(fc.tuple(anyTexts, fc.nat(5_000)), { maxLength: 30 }),
      text: anyTexts,
      more: anyTexts,
    });
    fc.assert(
      fc.property(runs, ({ seen, text, more }) => {
        const estimator = new TokenEstimator();
        for (const [one, tokens] of seen) estimator.learn(one, tokens);
        const short = estimator.estimate(text);
        const long = estimator.estimate(text + more);
        for (const { atLeast, expected, atMost } of [short, long]) {
          expect(atLeast).toBeGreaterThanOrEqual(0);
          expect(expected).toBeGreaterThanOrEqual(atLeast);
          expect(atMost).toBeGreaterThanOrEqual(expected);
          expect(Number.isFinite(atMost)).toBe(true);
        }
        expect(long.expected).toBeGreaterThanOrEqual(short.expected - 1e-9 * short.expected);
      }),
    );
  });

  test.each([
    ['English', 'The lamp is nice, but the switch broke after two weeks and nobody answers my mails. ', 19],
    ['German', 'Die Lampe ist schön, aber der Schalter ging nach zwei Wochen kaputt. ', 21],
    ['Russian', 'Лампа хорошая, но выключатель сломался через две недели. ', 22],
    ['Chinese', '台灯很好看，但是两个星期以后开关就坏了，没有人回复我的邮件。', 26],
    ['emoji', '😀🎉👍❤️🔥', 13],
    ['a row of dots', '.'.repeat(80), 10],
  ])('is of the right size from the start: %s', (_, text, tokens) => {
    const estimator = new TokenEstimator();
    const frame = estimator.estimate('').expected;
    const own = estimator.estimate(text.repeat(10)).expected - frame;
    expect(own / (10 * tokens)).toBeGreaterThan(0.5);
    expect(own / (10 * tokens)).toBeLessThan(2);
  });

  test('is wide as long as no server has counted, and narrow soon', () => {
    const estimator = new TokenEstimator();
    const text = 'The lamp is nice, but the switch broke after two weeks. '.repeat(10);
    const width = () => {
      const { atLeast, atMost, expected } = estimator.estimate(text);
      return (atMost - atLeast) / expected;
    };
    expect(width()).toBeGreaterThan(1);
    for (let length = 1; length <= 60; length += 1) estimator.learn(text.slice(0, length * 9), 12 + length * 2);
    expect(width()).toBeLessThan(0.5);
  });

  test('need not allow for what is the same in all texts', () => {
    const fixed = 'Classify the sentiment of product reviews as positive, neutral or negative. '.repeat(20);
    const text = `${fixed}The lamp is nice, but the switch broke.`;
    const widthOf = (estimator: TokenEstimator) => {
      for (let length = 1; length <= 10; length += 1) estimator.learn(fixed + 'word '.repeat(length), 400 + length);
      const { atLeast, atMost } = estimator.estimate(text);
      return atMost - atLeast;
    };
    expect(widthOf(new TokenEstimator(fixed))).toBeLessThan(widthOf(new TokenEstimator()) / 2);
  });

  test('learns from a server that only says that a text is too long', () => {
    const estimator = new TokenEstimator();
    const text = 'word '.repeat(500);
    const before = estimator.estimate(text).expected;
    estimator.learnAtLeast(text, Math.floor(before / 2));
    expect(estimator.estimate(text).expected).toBe(before);
    for (let times = 0; times < 3; times += 1) estimator.learnAtLeast(text, 3 * before);
    expect(estimator.estimate(text).expected).toBeGreaterThan(2.5 * before);
  });

  test('survives a server that always counts the same', () => {
    const estimator = new TokenEstimator();
    for (let length = 1; length < 300; length += 1) estimator.learn('word '.repeat(length), 26);
    const { expected } = estimator.estimate('word '.repeat(100));
    expect(expected).toBeGreaterThan(0);
    expect(expected).toBeLessThan(60);
  });
});
