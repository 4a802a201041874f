import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { root } from '../readme-commands.js';
import { liveTest } from './live-test.js';

const run = promisify(execFile);

describe('the examples with the real agent', () => {
  for (const example of ['sentiment-graph', 'sentiment-chain']) {
    liveTest(`${example} ends as it does with the lexicon, whatever the labels`, async ({ ollama, expect }) => {
      const args = ['tsx', `examples/${example}.ts`, '--model', ollama.model, '--host', ollama.host];
      const { stdout } = await run('npx', args, { cwd: root });
      const end =
        example === 'sentiment-graph' ? /lamp: .+\n {2}load → analyse → (draft reply|close)/ : /3 batches: .+ollama/;
      expect(stdout).toMatch(end);
    });
  }
});
