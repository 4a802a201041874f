import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-long-'));
const long = 'The lamp is nice and I like it. '.repeat(60);
const input = join(folder, 'reviews.csv');
const prompt = join(folder, 'small.prompt');

/** An Ollama of four characters a token that refuses prompts which are too long, and remembers the others. */
const prompts: string[] = [];
const server = createServer((request, response) => void reply(request, response));

async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse((await readAll(request)) || '{}');
  response.setHeader('content-type', 'application/json');
  const send = (status: number, object: object) => response.writeHead(status).end(`${JSON.stringify(object)}\n`);
  if (request.url === '/api/version') return void send(200, { version: '0.12.11' });
  if (request.url === '/api/show') return void send(200, { capabilities: ['completion'] });
  if (request.url !== '/api/chat') return void send(200, { response: '', done: true });
  const asked: string = body.messages[0].content;
  const promptTokens = 10 + Math.ceil(asked.length / 4);
  if (promptTokens > body.options.num_ctx) {
    return void send(400, { error: 'the input length exceeds the context length' });
  }
  prompts.push(asked);
  const content = asked.includes('nice') ? 'positive' : 'negative';
  send(200, { message: { content }, done: true, done_reason: 'stop', prompt_eval_count: promptTokens, eval_count: 1 });
}

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  writeFileSync(input, `id,text\na,It broke\nb,${long}\n`);
  const yaml = 'labels: [positive, negative]\nconfig: { contextTokens: 200, maxOutputTokens: 4 }';
  writeFileSync(prompt, `---\n${yaml}\n---\nJudge: {{review}}`);
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function analyze(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  prompts.length = 0;
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const out = join(folder, 'out.jsonl');
  const common = ['--host', host, '--prompt', prompt, '--id', 'id', '--workers', '1', '--out', out, '--json'];
  const end = await runCli(['analyze', input, ...common, ...args], { env });
  const rows = readFileSync(out, 'utf8').trim().split('\n');
  return { ...end, summary: JSON.parse(end.stdout), rows: rows.map((row) => JSON.parse(row)) };
}

describe('chorale analyze with a review that is too long', () => {
  it('fails it with its size', async () => {
    const { code, rows, summary } = await analyze([]);
    expect(code).toBe(5);
    expect(rows[1]).toMatchObject({
      id: 'b',
      error_code: 'CHORALE_PROMPT_TOO_LONG',
      error: expect.stringMatching(
        /prompt of about \d+ tokens does not fit into the context of 200 tokens .*the option --long \(head, tail, head-tail, split\)/,
      ),
    });
    expect(summary.long_reviews).toEqual({ count: 1, strategy: 'fail' });
    expect(summary.errors[0].message).toContain('the option --long');
  });

  it('cuts it with --long head, and says so', async () => {
    const { code, rows, summary, stderr } = await analyze(['--long', 'head']);
    expect(code).toBe(0);
    expect(rows[1]).toMatchObject({ status: 'ok', sentiment: 'positive', error: null });
    expect(summary.long_reviews).toEqual({ count: 1, strategy: 'head' });
    const warning =
      '1 review was too long for the context window and classified by the beginning only (--long head): b';
    expect(summary.warnings).toContain(warning);
    expect(stderr).toContain(`warning: ${warning}`);
  });

  it('asks about all of it with --long split, and the events tell the parts', async () => {
    const events = join(folder, 'events.jsonl');
    const { code, rows } = await analyze(['--long', 'split', '--events', events]);
    expect(code).toBe(0);
    const shown = prompts.slice(1).map((asked) => asked.replace('Judge: ', '').trim());
    expect(shown.join(' ')).toBe(long.trim());
    const requests = readFileSync(events, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"model.request"'))
      .map((line) => JSON.parse(line).data)
      .filter(({ part }) => part !== undefined);
    expect(requests.at(-1)).toMatchObject({
      item: 'b',
      long: 'split',
      part: shown.length,
      parts: shown.length,
      kept: 1,
    });
    expect(rows[1].attempts).toBeGreaterThanOrEqual(shown.length);
  });

  it('takes the strategy from the environment and the configuration too, and can hold it with --assert', async () => {
    expect((await analyze([], { CHORALE_LONG: 'tail' })).summary.long_reviews).toEqual({ count: 1, strategy: 'tail' });
    const config = join(folder, 'config.json');
    writeFileSync(config, '{"client": {"long": "head-tail"}}');
    const { code, summary } = await analyze(['--config', config, '--assert', 'long_reviews.count<1']);
    expect(summary.long_reviews).toEqual({ count: 1, strategy: 'head-tail' });
    expect(code).toBe(6);
  });

  it('tells it before anything is sent with --dry-run', async () => {
    const end = await runCli(['analyze', input, '--prompt', prompt, '--long', 'split', '--dry-run', '--json']);
    expect(JSON.parse(end.stdout)).toMatchObject({
      rows: 2,
      context_tokens: 200,
      estimated_too_long: 1,
      long: 'split',
    });
    const shown = await runCli(['analyze', input, '--prompt', prompt, '--dry-run']);
    expect(shown.stdout).toMatch(/estimated too long: 1\nlong: fail\n\(tokens are estimated; nothing was sent\)/);
  });
});
