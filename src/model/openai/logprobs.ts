import * as z from 'zod';
import { tryParseJson } from '../../foundation/lossless-json.js';
import { sentToken, toTokenProbability } from '../http/answer-fields.js';
import type { JsonSchema, TokenLogprob } from '../model.js';

/** A token with its probabilities and all of its bytes: a character may be spread over several tokens. */
export interface AnswerToken extends TokenLogprob {
  readonly bytes: readonly number[];
}

type SentToken = z.infer<typeof sentToken>;

/** The form of chats; llama.cpp gives it for completions too. */
const listed = z.object({ content: z.array(sentToken.extend({ top_logprobs: z.array(sentToken).nullish() })) });

/** The old form of completions: parallel lists, as OpenAI and vLLM give it. */
const tabled = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
});

/** The tokens of a piece of an answer, whichever form they have; none if they are in no known one. */
export function readLogprobs(sent: unknown): AnswerToken[] {
  const list = listed.safeParse(sent);
  if (list.success) return list.data.content.map(({ top_logprobs, ...chosen }) => spell(chosen, top_logprobs ?? []));
  const table = tabled.safeParse(sent);
  if (!table.success) return [];
  const { tokens, token_logprobs: logprobs, top_logprobs: tops } = table.data;
  return tokens.flatMap((text, index) => {
    const logprob = logprobs[index];
    if (typeof logprob !== 'number') return [];
    const others = Object.entries(tops?.[index] ?? {}).map(([other, value]) => ({ token: other, logprob: value }));
    return [spell({ token: text, logprob }, others)];
  });
}

/** The tokens as the port has them: the likeliest alternatives first, and at most as many as requested. */
export function toTokenLogprobs(tokens: readonly AnswerToken[], most: number): TokenLogprob[] {
  return tokens.map(({ alternatives, ...chosen }) => ({
    ...toTokenProbability(chosen as SentToken),
    alternatives: [...alternatives].sort((one, other) => other.logprob - one.logprob).slice(0, most),
  }));
}

function spell(chosen: SentToken, others: readonly SentToken[]): AnswerToken {
  return {
    ...toTokenProbability(chosen),
    bytes: chosen.bytes ?? [...Buffer.from(chosen.token)],
    alternatives: others.map(toTokenProbability),
  };
}

/** Tokens that the object around an answer may cost: its braces, its key, and the white space that models like to add. */
export const wrapperTokens = 32;

const key = 'answer';
const opening = new RegExp(`^\\s*\\{\\s*"${key}"\\s*:\\s*`);

/** The schema of an object that holds an answer of the given schema, for servers that take objects only. */
export function wrapSchema(schema: JsonSchema): JsonSchema {
  return { type: 'object', properties: { [key]: schema }, required: [key], additionalProperties: false };
}

/** An answer as the wrapped schema describes it, with the tokens that spell it. */
export interface Unwrapped {
  readonly text: string;
  /** Null if it cannot be told which tokens they are. */
  readonly tokens: readonly AnswerToken[] | null;
}

/**
 * Takes the answer out of its object. A text value counts as soon as it is complete, even if the object is not. What is
 * no such object is left as it came: validation is not done here.
 */
export function unwrap(text: string, tokens: readonly AnswerToken[]): Unwrapped {
  const start = opening.exec(text)?.[0].length;
  if (start === undefined) return { text, tokens };
  const literal = /^"(?:[^"\\]|\\.)*"/s.exec(text.slice(start))?.[0];
  if (literal !== undefined) {
    return { text: literal, tokens: tokensBetween(start + 1, start + literal.length - 1, text, tokens) };
  }
  const end = text.lastIndexOf('}');
  const value = text.slice(start, end).trim();
  return tryParseJson(value) !== undefined
    ? { text: value, tokens: tokensBetween(start, end, text, tokens) }
    : { text, tokens };
}

/** The tokens that spell a part of the text; null if all tokens together do not spell the text. */
function tokensBetween(
  from: number,
  to: number,
  text: string,
  tokens: readonly AnswerToken[],
): readonly AnswerToken[] | null {
  const [start, end] = [Buffer.byteLength(text.slice(0, from)), Buffer.byteLength(text.slice(0, to))];
  const spelled = Buffer.concat(tokens.map(({ bytes }) => Buffer.from(bytes))).subarray(0, end);
  if (!spelled.equals(Buffer.from(text).subarray(0, end))) return null;
  let at = 0;
  return tokens.filter(({ bytes }) => {
    const begins = at;
    at += bytes.length;
    return at > start && begins < end;
  });
}
