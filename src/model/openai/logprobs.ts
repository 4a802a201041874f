import { z } from 'zod';
import type { TokenLogprob, TokenProbability } from '../model.js';

/** A token with its probabilities and its bytes: a character may be spread over several tokens. */
export interface SpelledToken extends TokenLogprob {
  readonly bytes: readonly number[];
}

const token = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).nullish().catch(null),
});

/** The form of chats; llama.cpp gives it for completions too. */
const listed = z.object({ content: z.array(token.extend({ top_logprobs: z.array(token).nullish() })) });

/** The old form of completions: parallel lists, as OpenAI and vLLM give it. */
const tabled = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
});

/** The tokens of a piece of an answer, whichever form they have; none where they are in no known one. */
export function readLogprobs(sent: unknown): SpelledToken[] {
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

/** What the port gives of them: the likeliest alternatives first, and not more than were asked for. */
export function toTokenLogprobs(tokens: readonly SpelledToken[], most: number): TokenLogprob[] {
  return tokens.map(({ alternatives, ...chosen }) => ({
    ...plain(chosen),
    alternatives: [...alternatives].sort((one, other) => other.logprob - one.logprob).slice(0, most),
  }));
}

function spell(chosen: SentToken, others: readonly SentToken[]): SpelledToken {
  return {
    ...plain(chosen),
    bytes: chosen.bytes ?? [...Buffer.from(chosen.token)],
    alternatives: others.map(plain),
  };
}

interface SentToken {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[] | null | undefined;
}

/** Rounding can lift the logarithm of a probability above 0. Bytes that the text spells itself are left out. */
function plain({ token: text, logprob, bytes }: SentToken): TokenProbability {
  return {
    token: text,
    logprob: Math.min(0, logprob),
    ...(bytes && !Buffer.from(text).equals(Buffer.from(bytes)) ? { bytes } : {}),
  };
}
