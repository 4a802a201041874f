import { existsSync, readFileSync } from 'node:fs';

/**
 * The command that gives a prompt file a context of so many tokens.
 * @returns null where the prompt is no file, or its front matter is not written so that one line can be replaced or added
 */
export function mendContext(prompt: string, tokens: number): string | null {
  if (!existsSync(prompt)) return null;
  const text = readFileSync(prompt, 'utf8');
  const file = `'${prompt.replaceAll("'", "'\\''")}'`;
  if (/^\s*contextTokens:\s*\d+/m.test(text))
    return `sed -i 's/contextTokens: *[0-9]*/contextTokens: ${tokens}/' ${file}`;
  if (/^config:\s*$/m.test(text)) return `sed -i 's/^config:.*/&\\n  contextTokens: ${tokens}/' ${file}`;
  return null;
}
