import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as chorale from 'chorale';
import * as orchestration from 'chorale/orchestration';
import * as testing from 'chorale/testing';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chorale-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('exports what the documentation names', () => {
    for (const name of ['processParallel', 'streamParallel', 'runBounded', 'pinoObserver', 'getObserver']) {
      expect(chorale).toHaveProperty(name);
      expect(orchestration).toHaveProperty(name);
    }
    for (const name of [
      'createAgent',
      'ollama',
      'createPool',
      'lexicon',
      'analyzeReviews',
      'loadPrompt',
      'ParallelError',
    ]) {
      expect(chorale).toHaveProperty(name);
    }
    expect(testing).toHaveProperty('createManualClock');
    expect(Object.keys(chorale).filter((name) => /Store$|Workflows$|Checkpoints$/.test(name))).toEqual([
      'libsqlStore',
      'memoryStore',
    ]);
  });

  it('publishes the program and what it needs, and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
    const files: string[] = JSON.parse(stdout)[0].files.map((file: { path: string }) => file.path);
    const outside = files.filter((file) => !file.startsWith('dist/') && !file.startsWith('prompts/')).sort();
    expect(outside).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'examples/config.llama.json',
      'examples/reviews.csv',
      'package.json',
    ]);
    expect(files.filter((file) => file.startsWith('dist/')).every((file) => /\.(js|d\.ts)$/.test(file))).toBe(true);
    expect(files).toContain('dist/cli/bin.js');
    expect(files).toContain('prompts/sentiment.prompt');
  });

  it('works from the library without touching stdout', async () => {
    const program = `
      import { analyzeReviews, createAgent, lexicon, loadPrompt } from 'chorale';
      const agent = await createAgent({ model: lexicon(), prompt: await loadPrompt('sentiment') });
      const { results } = await analyzeReviews(['I love it.', 'I hate it.'], { agent });
      process.stderr.write(results.map((result) => result.sentiment).join());`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: root });
    expect([stdout, stderr]).toEqual(['', 'positive,negative']);
  });
});
