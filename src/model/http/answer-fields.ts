import * as z from 'zod';
import type { TokenProbability } from '../model.js';

/** More tokens than any model reads or writes. */
export const mostTokens = 100_000_000;

/** A count that need not be there; null if it is missing or odd (a text, a negative or absurd number). */
export const optionalCount = z.int().min(0).max(mostTokens).nullish().catch(null);

/** A text that need not be there. */
export const optionalText = z.string().nullish().catch(null);

/** A token with its probability, as Ollama and OpenAI send it. */
export const sentToken = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).nullish().catch(null),
});

/** The bytes are kept where they are not the UTF-8 of the token. */
export function toTokenProbability({ token, logprob, bytes }: z.infer<typeof sentToken>): TokenProbability {
  // Rounding can lift the logarithm of a probability above 0.
  const plain = { token, logprob: Math.min(0, logprob) };
  return bytes && !Buffer.from(token).equals(Buffer.from(bytes)) ? { ...plain, bytes } : plain;
}
