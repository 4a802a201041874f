import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelProbabilities } from '../../../src/classify/confidence/label-probabilities.js';
import type { TokenLogprob } from '../../../src/model/model.js';
import { confidence, lost, said, textOf, three } from './token-places.js';

/** Labels of a few characters, one and more bytes long, which often begin alike. */
const label4 = fc.array(fc.constantFrom('a', 'b', 'é', '正', '歪', '😀'), { minLength: 1, maxLength: 4 });
const weighted = fc
  .uniqueArray(
    fc.tuple(
      label4.map((letters) => letters.join('')),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
    ),
    {
      minLength: 2,
      maxLength: 6,
      selector: ([name]) => name,
    },
  )
  .map((pairs) => pairs.map(([name, weight]) => ({ name, weight })));

/** The tokens, one a byte, of a model that says nothing but labels in quotes; other tokens get as much besides. */
function bytewise(all: readonly { readonly name: string; readonly weight: number }[], own: string): TokenLogprob[] {
  const spelled = all.map(({ name, weight }) => ({ bytes: [...Buffer.from(`${name}"`)], weight }));
  const answer = [...Buffer.from(`${own}"`)];
  return answer.map((byte, index) => {
    const possible = spelled.filter(({ bytes }) => answer.slice(0, index).every((before, at) => bytes[at] === before));
    const total = possible.reduce((sum, { weight }) => sum + weight, 0);
    const next = new Map<number, number>();
    for (const { bytes, weight } of possible) {
      const one = bytes[index];
      if (one !== undefined) next.set(one, (next.get(one) ?? 0) + weight / total / 2);
    }
    const listed = [...next].map(([one, share]) => tokenOf(one, share));
    const chosen = tokenOf(byte, next.get(byte) ?? 0);
    return { ...chosen, alternatives: [...listed, { token: 'x', logprob: Math.log(0.5) }] };
  });
}

function tokenOf(byte: number, probability: number) {
  const logprob = Math.log(probability);
  return byte < 128 ? { token: String.fromCharCode(byte), logprob } : { token: lost, logprob, bytes: [byte] };
}

describe('properties', () => {
  test('the share is what the label is worth among all, however they are spelled', () => {
    fc.assert(
      fc.property(weighted, fc.nat(5), (all, chosen) => {
        const own = all[chosen % all.length] ?? { name: '', weight: 0 };
        const names = all.map(({ name }) => name);
        const logprobs = [...said('"'), ...bytewise(all, own.name)];
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        expect(confidence(own.name, names, logprobs)).toBeCloseTo(own.weight / total, 9);
      }),
    );
  });

  test('where bytes got lost it is rather too small', () => {
    fc.assert(
      fc.property(weighted, fc.nat(5), (all, chosen) => {
        const own = all[chosen % all.length] ?? { name: '', weight: 0 };
        const names = all.map(({ name }) => name);
        const without = ({ token, logprob }: { readonly token: string; readonly logprob: number }) => ({
          token,
          logprob,
        });
        const logprobs = [...said('"'), ...bytewise(all, own.name)].map((one) => ({
          ...without(one),
          alternatives: one.alternatives.map(without),
        }));
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        const found = confidence(own.name, names, logprobs, { text: `"${own.name}"` });
        if (found !== null) expect(found).toBeLessThanOrEqual(own.weight / total + 1e-9);
      }),
    );
  });

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
    '',
  );
  const weights = fc.array(fc.tuple(token, fc.double({ min: 1e-6, max: 1, noNaN: true })), { maxLength: 10 });
  /** A whole distribution: the chosen token, and others; a list that shows the chosen one only would tell nothing. */
  const distribution = (text: string) =>
    fc.tuple(fc.double({ min: 1e-4, max: 1, noNaN: true }), weights).map(([own, others]) => {
      const all = [[text, own] as const, ...others, ['Hm', 0.1] as const];
      const total = all.reduce((sum, [, weight]) => sum + weight, 0);
      const [chosen, ...alternatives] = all.map(([one, weight]) => ({ token: one, logprob: Math.log(weight / total) }));
      return { token: text, logprob: 0, ...chosen, alternatives };
    });
  const spellings = [
    ['positive'],
    ['pos', 'itive'],
    ['"', 'neg', 'ative', '"'],
    ['n', 'e', 'utral'],
    [' ne', 'gative'],
  ];
  const answers = fc.constantFrom(...spellings).chain((tokens) =>
    fc.record({
      label: fc.constant(three.find((name) => tokens.join('').includes(name)) ?? ''),
      logprobs: fc.tuple(...tokens.map(distribution)),
    }),
  );
  const sharesOf = (own: string, logprobs: readonly TokenLogprob[], labels: readonly string[] = three) =>
    labelProbabilities({ label: own, labels, logprobs, text: textOf(logprobs), format: 'label' })?.shares ?? null;

  test('shares are 0 to 1 and at most 1 together; that of the answer is above 0', () => {
    fc.assert(
      fc.property(answers, ({ label: own, logprobs }) => {
        const shares = sharesOf(own, logprobs) ?? [1];
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
        for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
        expect(shares[three.indexOf(own)] ?? 1).toBeGreaterThan(0);
      }),
    );
  });

  const changes: Readonly<Record<string, (given: TokenLogprob) => TokenLogprob>> = {
    'the order of the list': (given) => ({ ...given, alternatives: given.alternatives.toReversed() }),
    'a word that is no label and takes half of the probability': (given) => ({
      ...given,
      logprob: given.logprob + Math.log(0.5),
      alternatives: [
        ...given.alternatives.map((one) => ({ ...one, logprob: one.logprob + Math.log(0.5) })),
        { token: 'Well', logprob: Math.log(0.5) },
      ],
    }),
  };
  test.each(Object.entries(changes))('%s does not count', (_, change) => {
    fc.assert(
      fc.property(answers, ({ label: own, logprobs }) => {
        const before = sharesOf(own, logprobs);
        const after = sharesOf(own, logprobs.map(change));
        // Beside a smaller mass the same rounding may hide more.
        fc.pre(before !== null && after !== null);
        expect(after?.map((share) => share.toFixed(9))).toEqual(before?.map((share) => share.toFixed(9)));
      }),
    );
  });

  test('the order of the labels does not count, nor their case, nor what was said before the answer', () => {
    fc.assert(
      fc.property(answers, ({ label: own, logprobs }) => {
        const before = confidence(own, three, logprobs);
        expect(confidence(own, three.toReversed(), logprobs)).toBe(before);
        const loud = three.map((name) => name.toUpperCase());
        expect(confidence(own.toUpperCase(), loud, logprobs)).toBe(before);
        const thought = [...said('<think>', 'positive', ', negative', '</think>', '\n'), ...logprobs];
        expect(confidence(own, three, thought, { text: textOf(logprobs) })).toBe(before);
      }),
    );
  });
});
