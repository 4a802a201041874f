import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { ollamaServer } from '../../../src/model/ollama/manage-models.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { question, unaborted } from './fake-ollama.js';

const apiKey = 'ok-v3rysecret';

/** A server that notes the authorization of each request, and answers with a status. */
function noting(status = 200, body = '{"version":"0.12.0"}') {
  const seen: (string | null)[] = [];
  const fetch = async (_: string, init?: RequestInit) => {
    seen.push(new Headers(init?.headers).get('authorization'));
    return new Response(body, { status, headers: { 'content-type': 'application/json' } });
  };
  return { seen, fetch };
}

async function sentTo(host: string, key: string | undefined = apiKey): Promise<string | null | undefined> {
  const { seen, fetch } = noting();
  const server = ollamaServer({ host, apiKey: key, fetch });
  await server.version(unaborted());
  return seen[0];
}

it.each(['https://ollama.com', 'https://gpu.example:8443/ollama'])(
  'a key goes to another machine over TLS: %s',
  async (host) => {
    expect(await sentTo(host)).toBe(`Bearer ${apiKey}`);
    expect(await sentTo(host, ` ${apiKey}\n`)).toBe(`Bearer ${apiKey}`);
    expect(await sentTo(host, '')).toBeNull();
  },
);

it.each([
  'http://127.0.0.1:11434',
  'https://localhost',
  'https://[::1]:443',
  'http://gpu.example:11434',
  'gpu.example',
])('no key goes to this machine, or over a plain connection: %s', async (host) => {
  expect(await sentTo(host)).toBeNull();
});

it('credentials in the address come first', async () => {
  expect(await sentTo('https://ann:pw@gpu.example')).toBe(`Basic ${Buffer.from('ann:pw').toString('base64')}`);
});

it('a key that a server repeats, or rejects, is printed nowhere', async () => {
  const { fetch } = noting(401, `{"error":"unauthorized: ${apiKey}"}`);
  const model = ollama({ model: 'gpt-oss:20b', host: 'https://ollama.com', apiKey, fetch });
  const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'CHORALE_MODEL_AUTH',
    message:
      'https://ollama.com:443 denies access (HTTP 401: unauthorized: [hidden]); check the API key in the environment variable OLLAMA_API_KEY',
  });
  expect(inspect([model, error], { depth: 9, showHidden: true }) + JSON.stringify([model, error])).not.toContain(
    apiKey,
  );
  await model.close();
});

it('a server that wants a key says where to put it', async () => {
  const { fetch } = noting(401, '{"error":"unauthorized"}');
  const failure = (host: string) => ollamaServer({ host, fetch }).version(unaborted());
  await expect(failure('https://ollama.com')).rejects.toThrow(
    /; set the API key in the environment variable OLLAMA_API_KEY, or put credentials into the address$/,
  );
  await expect(failure('http://gpu.example')).rejects.toThrow(
    /; check the credentials in the address, or put those there that it wants$/,
  );
});

it('a key that cannot be sent is rejected, and is not shown', () => {
  expect(() => ollama({ model: 'm', host: 'https://ollama.com', apiKey: 'schlüssel' })).toThrow(
    "option apiKey must be of visible ASCII characters, but is '(not shown)'",
  );
});
