import type { Settings } from '../../config/index.js';
import { UsageError } from '../../errors/index.js';

/** The value of `--prompt` that has the prompts of chorale tried. */
export const autoPrompt = 'auto';

/** Providers that read the review only. */
const readNoPrompt: readonly Settings['provider'][] = ['lexicon', 'http'];

/**
 * Refuses `auto` where prompts make no difference.
 * @throws UsageError
 */
export function requirePromptReader({ prompt, provider }: Pick<Settings, 'prompt' | 'provider'>): void {
  if (prompt !== autoPrompt || !readNoPrompt.includes(provider)) return;
  throw new UsageError(`--prompt auto tries prompts, and --provider ${provider} reads none: leave it out`);
}
