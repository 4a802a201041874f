import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerToken, unwrap, wrapSchema } from '../../../src/model/openai/logprobs.js';

function spelled(...tokens: readonly (string | Uint8Array)[]): AnswerToken[] {
  return tokens.map((token) => {
    const bytes = typeof token === 'string' ? Buffer.from(token) : token;
    return { token: Buffer.from(bytes).toString(), logprob: -0.1, alternatives: [], bytes: [...bytes] };
  });
}

/** Cuts bytes into tokens, wherever that may be. */
function cut(text: string, places: readonly number[]): AnswerToken[] {
  const bytes = Buffer.from(text);
  const ends = [...new Set([...places.map((place) => place % bytes.length), bytes.length])].sort((a, b) => a - b);
  return spelled(...ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)));
}

describe('unwrap', () => {
  test.each([
    ['{"answer":"positive"}', '"positive"'],
    [' {\n  "answer" : "positive"\n}\n', '"positive"'],
    ['{"answer":"sehr \\"gut\\" \\\\"}', '"sehr \\"gut\\" \\\\"'],
    ['{"answer":5}', '5'],
    ['{"answer": ["a", "b"] }', '["a", "b"]'],
    ['{"answer":true}', 'true'],
    // Cut at the token limit, after what was asked for.
    ['{"answer":"positive"\n   ', '"positive"'],
  ])('%s is %s', (text, answer) => {
    expect(unwrap(text, [])).toMatchObject({ text: answer });
  });

  test.each([
    '',
    'positive',
    '"positive"',
    '{"answer":"posi',
    '{"answer":',
    '{"label":"positive"}',
    '{"answer":5',
    '[]',
  ])('%s is left as it came', (text) => {
    const tokens = spelled(text);
    expect(unwrap(text, tokens)).toEqual({ text, tokens });
  });

  test('a wrapped value comes out as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(unwrap(JSON.stringify({ answer: value }), []).text)).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  test('the tokens are those that spell the text, however it is cut, even within a character', () => {
    const label = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(label, fc.array(fc.nat()), (value, places) => {
        const text = JSON.stringify({ answer: value });
        const { text: answer, tokens } = unwrap(text, cut(text, places));
        const content = answer.slice(1, -1);
        const spelling = Buffer.from((tokens ?? []).flatMap(({ bytes }) => bytes)).toString();
        expect(JSON.parse(answer)).toBe(value);
        expect(spelling).toContain(content);
        // Not one token too many at either side.
        const [first, ...rest] = tokens ?? [];
        const [last] = (tokens ?? []).slice(-1);
        expect(Buffer.from(rest.flatMap(({ bytes }) => bytes)).toString()).not.toContain(content);
        expect(first && last).toBeDefined();
      }),
    );
  });

  test.each([
    ['none', []],
    ['others', spelled('I', ' think')],
    ['too few', spelled('{"', 'answer')],
  ])('tokens that do not spell the text (%s) are not given', (_, tokens) => {
    expect(unwrap('{"answer":"positive"}', tokens)).toEqual({ text: '"positive"', tokens: null });
  });

  test('tokens after the end, as for the end of a turn, do no harm', () => {
    const tokens = spelled('{"answer":"', 'positive', '"}', '<|im_end|>');
    expect(unwrap('{"answer":"positive"}', tokens).tokens?.map(({ token }) => token)).toEqual(['positive']);
  });
});

test('wrapSchema makes an object that strict servers take', () => {
  expect(wrapSchema({ type: 'string', enum: ['a', 'b'] })).toEqual({
    type: 'object',
    properties: { answer: { type: 'string', enum: ['a', 'b'] } },
    required: ['answer'],
    additionalProperties: false,
  });
});
