/** Who can answer. */
export const providerNames = ['ollama', 'openai', 'http', 'lexicon'] as const;

export type ProviderName = (typeof providerNames)[number];
