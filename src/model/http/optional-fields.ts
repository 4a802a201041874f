import { z } from 'zod';

/** More tokens than any model reads or writes. */
const mostTokens = 100_000_000;

/**
 * What a server need not say, and what costs only itself where it is said wrongly: a missing, null or odd one (a text in
 * place of a number, a negative or absurd one) is null.
 */
export const optionalCount = z.int().min(0).max(mostTokens).nullish().catch(null);

/** A text that need not be there. */
export const optionalText = z.string().nullish().catch(null);
