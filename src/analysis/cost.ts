/** What a million tokens of a model cost. */
export interface TokenPrice {
  readonly promptPerMillion: number;
  readonly completionPerMillion: number;
  readonly currency: string;
}

/** What the answers of a run cost. */
export interface Cost {
  /** Null where the server did not count the tokens of every answer. Failed attempts, which nobody counts, are not in it. */
  readonly amount: number | null;
  readonly currency: string;
}

/** The cost of so many tokens: Σ tokens · price ÷ 1,000,000. */
export function costOf(
  tokens: { readonly prompt: number | null; readonly completion: number | null },
  price: TokenPrice,
): Cost {
  const { promptPerMillion, completionPerMillion, currency } = price;
  if (tokens.prompt === null || tokens.completion === null) return { amount: null, currency };
  return { amount: (tokens.prompt * promptPerMillion + tokens.completion * completionPerMillion) / 1e6, currency };
}
