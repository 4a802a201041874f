import { loadPrompt, promptNames } from '../../classify/prompt/prompt-file.js';
import type { Settings } from '../config/settings.js';

/**
 * The prompts that come with chorale and suit the settings, from the shortest answer to the longest. A `system_prompt` has
 * no place in a completion.
 * @param mostTokens leaves out prompts whose answers may be longer, in tokens
 */
export async function shippedPrompts(
  { systemPrompt }: Pick<Settings, 'systemPrompt'>,
  mostTokens = Number.POSITIVE_INFINITY,
): Promise<readonly string[]> {
  const prompts = await Promise.all((await promptNames()).map((name) => loadPrompt(name)));
  return prompts
    .filter(
      ({ mode, config }) => config.maxOutputTokens <= mostTokens && (mode === 'chat' || systemPrompt === undefined),
    )
    .sort((a, b) => a.config.maxOutputTokens - b.config.maxOutputTokens)
    .map(({ name }) => name);
}
