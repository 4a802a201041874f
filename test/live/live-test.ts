import { inject, test } from 'vitest';
import type { LiveOllama } from './server.js';

/**
 * A test against the real Ollama server of the run:
 *
 *     liveTest('the model answers', async ({ ollama, expect }) => { … ollama.host … ollama.model … });
 *
 * Without a server it is skipped, and fails with CI=true; the server need not be used for that.
 */
export const liveTest = test.extend<{ ollama: LiveOllama }>({
  ollama: [
    async ({ skip }, use) => {
      const found = inject('ollama');
      if ('unavailable' in found) return missing(found.unavailable, skip);
      await use(found);
    },
    { auto: true },
  ],
});

/** What becomes of a live test whose real part is not there: a skip that says why, and a failure with CI=true. */
export function missing(reason: string, skip: (note: string) => never): never {
  if (process.env.CI === 'true') throw new Error(reason);
  return skip(reason);
}
