import type { Prompt } from './prompt/prompt.js';

/** Room for the answer: the prompt's own limit, or more where other labels than the prompt's may need it. */
export function outputBudget(prompt: Prompt, labels: readonly string[]): number {
  const own = prompt.config.maxOutputTokens;
  if (labels.every((label) => prompt.labels.includes(label))) return own;
  const longest = Math.max(...labels.map((label) => Buffer.byteLength(label)));
  return Math.max(own, Math.ceil(longest / 2) + 4);
}
