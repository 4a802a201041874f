import { createHash } from 'node:crypto';
import { PromptError } from '../errors/index.js';
import type { Prompt } from './prompt.js';

/**
 * The prompt with further instructions before its own, and a hash of its own.
 * @throws PromptError for a completion, which has no place for instructions
 */
export function withSystemPrompt(prompt: Prompt, instructions: string): Prompt {
  if (prompt.mode === 'completion') {
    throw new PromptError(
      prompt.name,
      'a completion has no place for the system_prompt of the configuration; remove it',
    );
  }
  const hash = createHash('sha256').update(`${prompt.hash}\n${instructions}`).digest('hex').slice(0, 12);
  return { ...prompt, instructions, hash };
}

/** The prompt with an upper bound on its answers, in tokens; a smaller limit of its own stays. */
export function withMaxTokens(prompt: Prompt, maxTokens: number): Prompt {
  const maxOutputTokens = Math.min(prompt.config.maxOutputTokens, maxTokens);
  return { ...prompt, config: { ...prompt.config, maxOutputTokens } };
}
