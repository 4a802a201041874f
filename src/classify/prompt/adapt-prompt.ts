import { createHash } from 'node:crypto';
import { configSchema, type Prompt } from './prompt.js';
import { PromptError } from './prompt-error.js';

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

/** Options of the generation that take the place of a prompt's own; what is left out stays. */
export type PromptOptions = { readonly [Name in keyof Omit<Prompt['config'], 'stopSequences'>]?: number | undefined };

/**
 * The prompt with other options of the generation.
 * @throws PromptError where one is outside its range
 */
export function withOptions(prompt: Prompt, options: PromptOptions): Prompt {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const checked = configSchema.safeParse({ ...prompt.config, ...Object.fromEntries(given) });
  if (checked.success) return { ...prompt, config: checked.data };
  const [issue] = checked.error.issues;
  throw new PromptError(prompt.name, `option ${issue?.path.join('.')}: ${issue?.message}`);
}
