import { describe } from 'vitest';
import { ensureModel, startOllama } from '../../scripts/ollama-server.js';
import { liveTest } from './live-test.js';

async function generate(host: string, model: string): Promise<unknown> {
  const body = { model, prompt: 'Good morning', raw: true, stream: false, options: { num_predict: 1, temperature: 0 } };
  const response = await fetch(`${host}/api/generate`, { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}

describe('the live Ollama server', () => {
  liveTest('it tells its version', async ({ ollama, expect }) => {
    const response = await fetch(`${ollama.host}/api/version`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  liveTest('it has the small model', async ({ ollama, expect }) => {
    const response = await fetch(`${ollama.host}/api/tags`);
    const { models } = (await response.json()) as { models: { name: string }[] };
    expect(ollama.model).toBe('smollm2:135m');
    expect(models.map(({ name }) => name)).toContain('smollm2:135m');
  });

  liveTest('one raw request for one token is answered with that token', async ({ ollama, expect }) => {
    expect(await generate(ollama.host, ollama.model)).toMatchObject({ done: true, eval_count: 1 });
  });

  liveTest('a chat ends where the model ends its turn', async ({ ollama, expect }) => {
    const messages = [{ role: 'user', content: 'Say yes.' }];
    const body = {
      model: ollama.model,
      messages,
      stream: false,
      options: { num_predict: 100, temperature: 0, seed: 1 },
    };
    const response = await fetch(`${ollama.host}/api/chat`, { method: 'POST', body: JSON.stringify(body) });
    const answer = (await response.json()) as { message: { content: string }; done_reason: string };
    expect(answer.done_reason).toBe('stop');
    expect(answer.message.content).not.toContain('<|im_');
  });
});

describe('a server of a test’s own', () => {
  liveTest('it is gone with its runners once it is stopped, and may be stopped twice', async ({ expect, skip }) => {
    skip(process.platform === 'win32', 'there are no process groups to look at');
    const server = await startOllama({ numParallel: 1 });
    const groupIsThere = () => process.kill(-server.pid, 0);
    try {
      expect(await generate(server.host, await ensureModel(server))).toMatchObject({ done: true });
      expect(groupIsThere()).toBe(true);
    } finally {
      await server.stop();
    }
    expect(groupIsThere).toThrow('ESRCH');
    await expect(fetch(`${server.host}/api/version`)).rejects.toThrow();
    await server.stop();
  });

  liveTest('one that ends at once is reported with what it printed', async ({ expect }) => {
    const env = { OLLAMA_MODELS: '/dev/null/models' };
    await expect(startOllama({ env })).rejects.toThrow(/is not ready on http.*\n.*\/dev\/null/s);
  });

  liveTest('one is refused on a port that somebody has', async ({ ollama, expect }) => {
    const port = Number(new URL(ollama.host).port);
    await expect(startOllama({ port })).rejects.toThrow('EADDRINUSE');
  });
});
