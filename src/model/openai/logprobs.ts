import * as z from 'zod';
import { sentToken, toTokenProbability } from '../http/answer-fields.js';
import type { TokenLogprob } from '../model.js';

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
