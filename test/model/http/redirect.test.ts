import { describe } from 'vitest';
import { httpService } from '../../../src/model/http-service.js';
import type { Model } from '../../../src/model/model.js';
import { ollamaServer } from '../../../src/model/ollama/manage-models.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { openaiCompatible } from '../../../src/model/openai/openai-model.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { test } from '../ollama/real-server.js';
import { beginAnswer, ollamaProvider } from '../providers.js';

const modelsOn: Readonly<Record<string, (host: string) => Model>> = {
  ollama: (host) => ollama({ model: 'small', host: host.replace('//', '//ann:s3cret@') }),
  openai: (host) => openaiCompatible({ model: 'small', host, apiKey: 'sk-s3cret' }),
  http: (host) => httpService({ host: host.replace('//', '//ann:s3cret@') }),
};

describe.each(Object.keys(modelsOn))('a redirect that %s meets', (provider) => {
  test.for([301, 302, 303, 307, 308])(
    'to another host is told and not followed: %i',
    async (status, { server, expect }) => {
      const asked: (string | undefined)[] = [];
      server.answer((response, request) => {
        asked.push(request.headers.host);
        response.writeHead(status, { location: `http://u:s3cret@localhost:1/steal?key=s3cret` }).end();
      });
      const model = modelsOn[provider]?.(server.host) as Model;
      const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'CHORALE_MODEL_ADDRESS',
        message: `${server.host} redirects to http://localhost:1/steal, which gets neither reviews nor credentials; if that is the right server, give its address as the host`,
      });
      expect(asked).toEqual([new URL(server.host).host]);
      await model.close();
    },
  );

  test.for([
    ['file:///etc/passwd', 'redirects to an invalid address'],
    ['http://[', 'redirects to an invalid address'],
    ['//elsewhere.test/\u001b[2J', 'redirects to http://elsewhere.test/'],
  ] as const)('to %s is told', async ([location, problem], { server, expect }) => {
    server.answer((response) => {
      response.socket?.write(
        `HTTP/1.1 307 Moved\r\nlocation: ${location.replaceAll('\u001b', '')}\r\ncontent-length: 0\r\n\r\n`,
      );
    });
    const model = modelsOn[provider]?.(server.host) as Model;
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_ADDRESS', problem: expect.stringContaining(problem) });
    expect(String(error)).not.toContain('\u001b');
    await model.close();
  });

  test('in a loop ends', async ({ server, expect }) => {
    let asked = 0;
    server.answer((response, request) => {
      asked += 1;
      response.writeHead(307, { location: request.url }).end();
    });
    const model = modelsOn[provider]?.(server.host) as Model;
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ problem: 'redirects in a loop' });
    expect(asked).toBeLessThan(10);
    await model.close();
  });
});

test('within the host a request is sent again as it was', async ({ server, expect }) => {
  server.answer((response, request) => {
    if (request.url === '/api/chat') return void response.writeHead(308, { location: '/moved/chat' }).end();
    beginAnswer(
      ollamaProvider,
      response,
      ollamaProvider.token(request.method === 'POST' ? 'positive' : 'negative'),
      ollamaProvider.end,
    );
    response.end();
  });
  const model = modelsOn.ollama?.(server.host) as Model;
  expect((await model.ask(question(), unaborted())).text).toBe('positive');
  await model.close();
});

test('a check before the first request follows no redirect to another host either', async ({ server, expect }) => {
  server.answer((response) => void response.writeHead(302, { location: 'https://login.test/' }).end());
  const wanted = {
    code: 'CHORALE_MODEL_ADDRESS',
    problem: expect.stringContaining('redirects to https://login.test/'),
  };
  for (const provider of ['openai', 'http']) {
    const model = modelsOn[provider]?.(server.host) as Model;
    await expect(model.prepare(question(), unaborted())).rejects.toMatchObject(wanted);
    await model.close();
  }
  const pulls = ollamaServer({ host: server.host });
  await expect(pulls.version(unaborted())).rejects.toMatchObject(wanted);
  await pulls.close();
});
