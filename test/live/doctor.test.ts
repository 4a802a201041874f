import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { ensureModel, startOllama } from '../../scripts/ollama-server.js';
import { deadHost, runCliProcess } from '../harness/cli-process.js';
import { liveTest } from './live-test.js';

const completion = ['--prompt', 'sentiment-completion', '--labels', 'positive,negative'];

interface Found {
  readonly healthy: boolean;
  readonly slots: { readonly count: number } | null;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly mend: string | null }[];
  readonly throughput: { readonly per_second: number | null } | null;
}

async function examine(...args: readonly string[]): Promise<{ readonly code: number | null; readonly found: Found }> {
  const { code, stdout, stderr } = await runCliProcess(['doctor', ...args, '--json', '--quiet']);
  if (stdout === '') throw new Error(stderr);
  const [found] = JSON.parse(stdout);
  return { code, found };
}

describe('chorale doctor on the real server', () => {
  for (const numParallel of [1, 4]) {
    liveTest(`OLLAMA_NUM_PARALLEL=${numParallel}: it counts ${numParallel}`, async ({ expect }) => {
      const server = await startOllama({ numParallel });
      try {
        const model = await ensureModel(server);
        const { code, found } = await examine('--host', server.host, '--model', model, ...completion, '--probe', '5s');
        expect(found).toMatchObject({ healthy: true, slots: { count: numParallel, at_least: false } });
        expect(found.throughput?.per_second).toBeGreaterThan(0);
        expect(found.checks.find(({ name }) => name === 'prefix cache')).toMatchObject({ status: 'ok' });
        expect(found.checks.find(({ name }) => name === 'confidence')).toMatchObject({ status: 'ok' });
        expect(code).toBe(0);
      } finally {
        await server.stop();
      }
    });
  }

  liveTest('with the server off it says how to start it', async ({ expect }) => {
    const { code, found } = await examine('--host', deadHost, '--quick');
    expect(code).toBe(4);
    expect(found.checks).toEqual([
      expect.objectContaining({ name: 'server', status: 'wrong', mend: 'OLLAMA_HOST=127.0.0.1:9 ollama serve' }),
    ]);
  });

  liveTest('without the model it says how to get it', async ({ ollama, expect }) => {
    const { code, found } = await examine('--host', ollama.host, '--model', 'llama9:900b', '--quick');
    expect(code).toBe(4);
    expect(found.checks.at(-1)).toMatchObject({
      name: 'model',
      status: 'wrong',
      mend: `chorale pull llama9:900b --host ${ollama.host}`,
    });
  });

  liveTest('where the context is too small it says how to raise it, and that mends it', async ({ ollama, expect }) => {
    const folder = await mkdtemp(join(tmpdir(), 'chorale-doctor-'));
    try {
      const shipped = await readFile(new URL('../../prompts/sentiment-completion.prompt', import.meta.url), 'utf8');
      const file = join(folder, 'small.prompt');
      await writeFile(file, shipped.replace('config:\n', 'config:\n  contextTokens: 100\n'));
      const args = ['--host', ollama.host, '--model', ollama.model, '--prompt', file, '--quick'];
      const { code, found } = await examine(...args);
      expect(code).toBe(5);
      const { mend, ...prompt } = found.checks.at(-1) ?? {};
      expect(prompt).toMatchObject({ name: 'prompt', status: 'wrong' });
      execFileSync('sh', ['-c', mend ?? 'false']);
      expect(await examine(...args)).toMatchObject({ code: 0, found: { healthy: true } });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
