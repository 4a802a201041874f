import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { deadHost } from '../../harness/cli-process.js';
import { listenDuringTest } from '../../harness/listen-during-test.js';
import { runCli, startCli } from '../../harness/run-cli.js';
import { withoutBackoff } from '../../harness/without-backoff.js';

/** What a server does when it is asked for a model. */
type Reply = (response: ServerResponse, model: string, attempt: number) => void;

/** A server that speaks the part of Ollama's API which manages models. */
async function startServer(onPull: Reply): Promise<{ readonly host: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { name: model = '' } = body === '' ? {} : JSON.parse(body);
    if (model !== '') asked.push(`${request.method} ${request.url} ${model}`);
    const json = (status: number, value: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.url === '/api/version') return json(200, { version: '0.12.11' });
    if (request.url === '/api/tags') return json(200, { models: [{ name: 'there:1b' }] });
    if (request.url === '/api/delete') {
      // The real server answers a removal with nothing at all.
      return model === 'there:1b' ? void response.end() : json(404, { error: `model '${model}' not found` });
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    onPull(response, model, asked.filter((line) => line.endsWith(` ${model}`)).length);
  });
  return { host: await listenDuringTest(server), asked };
}

const line = (value: object) => `${JSON.stringify(value)}\n`;
const layer = (completed?: number) =>
  line({ status: 'pulling 0123456789ab', digest: `sha256:0123456789ab${'0'.repeat(52)}`, total: 2_000_000, completed });

function pullWell(response: ServerResponse): void {
  response.write(line({ status: 'pulling manifest' }));
  response.write(layer());
  response.write(layer(1_000_000));
  response.end(line({ status: 'success' }));
}

const pullQuietly = (host: string) =>
  runCli(['pull', 'a:1b', '--host', host, '--quiet'], { io: { runtime: withoutBackoff } });

describe('chorale pull', () => {
  it('downloads every model, tells how far it is on stderr and what came of it on stdout', async () => {
    const { host, asked } = await startServer(pullWell);
    const end = await runCli(['pull', 'a:1b', 'b:1b', 'a:1b', '--host', host]);
    expect(end).toMatchObject({ code: 0, stdout: `${host}: pulled a:1b\n${host}: pulled b:1b\n` });
    expect(asked.sort()).toEqual(['POST /api/pull a:1b', 'POST /api/pull b:1b']);
    expect(end.stderr).toContain(`a:1b at ${new URL(host).host}  pulling manifest\n`);
    expect(end.stderr).toContain('0123456789ab  ░░░░░░░░░░░░░░░░░░░░░░░░  0 % of 2.00 MB\n');
    expect(end.stderr).not.toContain('\u001b');
  });

  it('goes on after a connection that breaks', async () => {
    const { host, asked } = await startServer((response, _, attempt) => {
      if (attempt > 1) return pullWell(response);
      response.write(layer(500_000), () => response.socket?.resetAndDestroy());
    });
    expect(await pullQuietly(host)).toMatchObject({ code: 0, stderr: '' });
    expect(asked).toHaveLength(2);
  });

  it('also after a stream that ends before it has succeeded', async () => {
    const { host, asked } = await startServer((response, _, attempt) =>
      attempt > 1 ? pullWell(response) : void response.end(layer(500_000)),
    );
    expect(await pullQuietly(host)).toMatchObject({ code: 0, stderr: '' });
    expect(asked).toHaveLength(2);
  });

  it('tells every failure, and downloads the others', async () => {
    const { host } = await startServer((response, model) =>
      model === 'b:1b'
        ? pullWell(response)
        : void response.end(line({ error: 'pull model manifest: file does not exist' })),
    );
    const end = await runCli(['pull', 'a:1b', 'b:1b', 'c:1b', '--host', host, '--quiet']);
    expect(end).toMatchObject({ code: 4, stdout: `${host}: pulled b:1b\n` });
    expect(end.stderr.split('\n')).toEqual([
      expect.stringMatching(/^error: .* finds no model 'a:1b' to download .*\[CHORALE_MODEL_UNKNOWN\]$/),
      expect.stringMatching(/^error: .* finds no model 'c:1b' to download .*\[CHORALE_MODEL_UNKNOWN\]$/),
      '',
    ]);
  });

  it('gives it all as JSON', async () => {
    const { host } = await startServer((response, model) =>
      model === 'b:1b' ? pullWell(response) : void response.end(line({ error: 'disk quota' })),
    );
    const args = ['pull', 'a:1b', 'b:1b', '--host', host, '--json', '--quiet'];
    const end = await runCli(args, { io: { runtime: withoutBackoff } });
    expect(end.code).toBe(5);
    expect(JSON.parse(end.stdout)).toEqual([
      {
        host,
        model: 'a:1b',
        status: 'failed',
        error_code: 'CHORALE_MODEL_FAILED',
        error: expect.stringContaining('disk quota'),
      },
      { host, model: 'b:1b', status: 'pulled' },
    ]);
  });

  it('Ctrl-C ends the download with 130 and one line', async () => {
    let aborted = false;
    const { host } = await startServer((response) => {
      response.once('close', () => {
        aborted = true;
      });
      response.write(layer(1));
    });
    const run = startCli(['pull', 'a:1b', '--host', host]);
    await expect.poll(run.stderr, { timeout: 10_000 }).toContain(' 0 % of');
    run.signal('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('the download so far stays, and the same command resumes it');
    expect(stderr).toMatch(/error: .*\[CHORALE_INTERRUPTED\]\n$/);
    await expect.poll(() => aborted).toBe(true);
  });

  it('a server that is not there is told at once', async () => {
    const end = await runCli(['pull', 'a:1b', '--host', deadHost]);
    expect(end).toMatchObject({ code: 4, stdout: '' });
    expect(end.stderr).toMatch(/^error: no model server answers at .*\n$/);
  });

  it.each([
    { args: ['pull'], says: "missing required argument 'model'" },
    { args: ['pull', 'a', '--host', 'ftp://x'], says: 'host' },
    { args: ['rm', 'a', '--insecure'], says: "unknown option '--insecure'" },
  ])('$args is wrong usage', async ({ args, says }) => {
    const end = await runCli(args);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(says);
  });
});

describe('chorale rm', () => {
  it('removes what is there, and tells what is not with what is', async () => {
    const { host, asked } = await startServer(pullWell);
    const end = await runCli(['rm', 'gone:1b', 'there:1b', '--host', host]);
    expect(end).toMatchObject({ code: 4, stdout: `${host}: removed there:1b\n` });
    expect(end.stderr).toMatch(
      /^error: .* has no model 'gone:1b'; installed: there:1b; nothing was removed there \[CHORALE_MODEL_MISSING\]\n$/,
    );
    expect(asked.sort()).toEqual(['DELETE /api/delete gone:1b', 'DELETE /api/delete there:1b']);
  });
});
