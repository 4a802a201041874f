import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test as base, describe } from 'vitest';
import { deadHost } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-providers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const reviews = join(folder, 'reviews.csv');
writeFileSync(reviews, 'text\nI love it\nI hate it\nI love this one\n');
const key = 'sk-s3cret-key';

interface Asked {
  readonly route: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A server of the API of OpenAI, and a service of `POST /api/process`, on 127.0.0.1. It lets in whoever has the key. */
interface Server {
  readonly host: string;
  readonly asked: readonly Asked[];
}

const test = base.extend<{ server: Server }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  server: async ({}, use) => {
    const asked: Asked[] = [];
    const server = createServer(async (request, response) => {
      const text = Buffer.concat(await request.toArray()).toString();
      const { authorization } = request.headers;
      const record = { route: `${request.method} ${request.url}`, authorization, body: text ? JSON.parse(text) : {} };
      asked.push(record);
      const json = (status: number, body: object) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const label = /love/.test(text.slice(-300)) ? 'positive' : 'negative';
      if (record.route === 'GET /health') return json(200, { version: '2.0' });
      if (record.route === 'POST /api/process') return json(200, { label, confidence: 0.5, rationale: 'It says so.' });
      if (authorization !== `Bearer ${key}`) return json(401, { error: { message: `no such key: ${authorization}` } });
      if (record.route === 'GET /v1/models') return json(200, { data: [{ id: 'small' }] });
      if (record.route !== 'POST /v1/chat/completions') return json(404, {});
      const choices = [{ index: 0, delta: { content: `"${label}"` }, finish_reason: 'stop' }];
      const usage = { prompt_tokens: 9, completion_tokens: 3 };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.end(`data: ${JSON.stringify({ choices, usage })}\n\ndata: [DONE]\n\n`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await use({ host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  },
});

function config(content: object): string {
  const path = join(folder, `config-${JSON.stringify(content).length}.json`);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function rowsOf(path: string) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

describe('--provider openai', () => {
  const openai = ['analyze', reviews, '--provider', 'openai', '--model', 'small'];

  test('the reviews are answered, and the key is nowhere', async ({ server, expect }) => {
    const [out, events] = [join(folder, 'openai.jsonl'), join(folder, 'openai-events.jsonl')];
    const files = ['--out', out, '--events', events];
    const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: server.host };
    const end = await runCli([...openai, '--json', '--verbose', ...files], { env });
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({
      provider: 'openai',
      model: 'small',
      succeeded: 3,
      tokens: { prompt: 27, completion: 9 },
    });
    expect(rowsOf(out).map((row) => row.sentiment)).toEqual(['positive', 'negative', 'positive']);
    expect(server.asked[0]).toMatchObject({ route: 'GET /v1/models', authorization: `Bearer ${key}` });
    expect(readFileSync(events, 'utf8')).toContain('model.request');
    for (const text of [end.stdout, end.stderr, readFileSync(out, 'utf8'), readFileSync(events, 'utf8')]) {
      expect(text).not.toContain('s3cret');
    }
  });

  test.for([
    [undefined, 'set'],
    ['sk-s3cret-old', 'check'],
  ] as const)('with the key %s it says which variable to mend', async ([wrong, advice], { server, expect }) => {
    const env = wrong === undefined ? {} : { OPENAI_API_KEY: wrong };
    const end = await runCli([...openai, '--host', server.host, '--verbose'], { env });
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(`${advice} the API key in the environment variable OPENAI_API_KEY [CHORALE_MODEL_AUTH]`);
    expect(end.stderr).not.toContain('s3cret');
    expect(server.asked.map(({ route }) => route)).toEqual(['GET /v1/models']);
  });

  test('a model that is not there: those that are', async ({ server, expect }) => {
    const args = ['analyze', reviews, '--provider', 'openai', '--model', 'big', '--host', `${server.host}/v1`];
    const end = await runCli(args, { env: { OPENAI_API_KEY: key } });
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(
      /no model 'big'; installed: small; choose another with --model \[CHORALE_MODEL_MISSING\]/,
    );
  });

  test('without a model: 2', async ({ expect }) => {
    const end = await runCli(['analyze', reviews, '--provider', 'openai', '--host', deadHost]);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/--provider openai has no default model: say which with --model \[CHORALE_USAGE\]/);
  });

  test('without a server: 4, and no word of Ollama', async ({ expect }) => {
    const end = await runCli([...openai, '--host', deadHost]);
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(/\); start the server, or name another with --host or OPENAI_BASE_URL/);
    expect(end.stderr).not.toMatch(/ollama/i);
  });

  test('the configuration file can say all but the key', async ({ server, expect }) => {
    const model = { name: 'small' };
    const path = config({ client: { provider: { name: 'openai', base_url: server.host, model } } });
    const end = await runCli(['analyze', reviews, '--config', path, '--json'], { env: { OPENAI_API_KEY: key } });
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ provider: 'openai', succeeded: 3 });
  });

  test('the demo takes it, and never replaces it', async ({ server, expect }) => {
    const args = ['demo', '--provider', 'openai', '--model', 'small', '--host'];
    const end = await runCli([...args, server.host], { env: { OPENAI_API_KEY: key } });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout).toContain(`openai small\n  Server: ${server.host}\n`);
    expect((await runCli([...args, deadHost])).code).toBe(4);
  });

  test('the demo does not replace one that the configuration names either', async ({ expect }) => {
    const path = config({ provider: { name: 'openai', base_url: deadHost, model: { name: 'small' } } });
    const end = await runCli(['demo', '--config', path]);
    expect(end.code).toBe(4);
    expect(end.stdout).not.toContain('lexicon');
  });
});

describe('--provider http', () => {
  const service = ['analyze', reviews, '--provider', 'http'];

  test('the service answers, after it was asked how it is', async ({ server, expect }) => {
    const out = join(folder, 'http.jsonl');
    const end = await runCli([...service, '--host', server.host, '--json', '--out', out]);
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ provider: 'http', model: server.host, succeeded: 3 });
    expect(rowsOf(out)[0]).toMatchObject({ sentiment: 'positive', confidence: 0.5, rationale: 'It says so.' });
    expect(server.asked.map(({ route }) => route)).toEqual(['GET /health', ...Array(3).fill('POST /api/process')]);
    expect(
      server.asked
        .map(({ body }) => body.text)
        .slice(1)
        .sort(),
    ).toEqual(['I hate it', 'I love it', 'I love this one']);
  });

  test('no key of OpenAI goes to it', async ({ server, expect }) => {
    await runCli([...service, '--host', server.host], { env: { OPENAI_API_KEY: key } });
    expect(server.asked.map(({ authorization }) => authorization)).toEqual(Array(4).fill(undefined));
  });

  test('without an address: 2', async ({ expect }) => {
    const end = await runCli(service);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/--provider http needs an address: --host URL \[CHORALE_USAGE\]/);
  });

  test('the demo takes it, and shows no credentials', async ({ server, expect }) => {
    const host = server.host.replace('//', '//ann:s3cret@');
    const end = await runCli(['demo', '--provider', 'http', '--host', host]);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout).toContain(`Server: ${server.host} (version 2.0)`);
    expect(end.stdout + end.stderr).not.toContain('s3cret');
  });
});

test('a configuration that names nobody who answers: 2', async ({ expect }) => {
  const end = await runCli(['analyze', reviews, '--config', config({ provider: { name: 'gpt' } })]);
  expect(end.code).toBe(2);
  expect(end.stderr).toMatch(
    /provider\.name: must be one of ollama, openai, http, lexicon, but is 'gpt' \[CHORALE_CONFIG\]/,
  );
});
