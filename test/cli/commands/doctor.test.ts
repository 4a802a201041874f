import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deadHost } from '../../harness/cli-process.js';
import { listenDuringTest } from '../../harness/listen-during-test.js';
import { runCli } from '../../harness/run-cli.js';

/** What a server says of itself. */
interface Facts {
  readonly version?: string;
  readonly capabilities?: readonly string[];
  readonly contextTokens?: number;
  /** Share of the model in the memory of a GPU. */
  readonly gpuShare?: number;
  /** Tokens that it counts in every prompt. */
  readonly promptTokens?: number;
}

/** A server that speaks as much of Ollama's API as the doctor asks for; it answers `"negative"` at once. */
async function startServer(facts: Facts = {}): Promise<string> {
  const {
    version = '0.13.0',
    capabilities = ['completion'],
    contextTokens = 8_192,
    gpuShare = 1,
    promptTokens = 90,
  } = facts;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { stream } = body === '' ? { stream: false } : JSON.parse(body);
    const json = (value: unknown) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.url === '/api/version') return json({ version });
    if (request.url === '/api/show') {
      return json({
        capabilities,
        model_info: { 'general.architecture': 'x', 'x.context_length': contextTokens },
      });
    }
    if (request.url === '/api/ps')
      return json({ models: [{ name: 'small:1b', size: 1_000, size_vram: 1_000 * gpuShare }] });
    if (!stream) return json({ model: 'small:1b', response: '', done: true });
    const text = '"negative"';
    const content =
      request.url === '/api/chat' ? { message: { role: 'assistant', content: text } } : { response: text };
    const end = { model: 'small:1b', done: true, done_reason: 'stop', prompt_eval_count: promptTokens, eval_count: 3 };
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.end(
      `${JSON.stringify({ ...content, done: false })}\n${JSON.stringify({ ...content, message: { role: 'assistant', content: '' }, response: '', ...end })}\n`,
    );
  });
  return listenDuringTest(server);
}

const quick = (host: string) => ['doctor', '--host', host, '--model', 'small:1b', '--quick', '--quiet'];

/** The checks, by their names. */
async function checksOf(args: readonly string[]) {
  const { code, stdout } = await runCli([...args, '--json']);
  const [{ healthy, checks }] = JSON.parse(stdout);
  const byName = Object.fromEntries(checks.map((check: { readonly name: string }) => [check.name, check]));
  return { code, healthy, byName };
}

describe('chorale doctor', () => {
  it('says that all is well, and ends with 0', async () => {
    const host = await startServer();
    const end = await runCli(quick(host));
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toContain('Ollama 0.13.0');
    expect(end.stdout).toContain('the whole model is in the memory of a GPU');
    expect(end.stdout).toContain('at most 90 prompt and 12 output tokens, context window 4096');
    expect(end.stdout).not.toContain('WRONG');
  });

  it('measures for as long as it is told, and estimates a data set', async () => {
    const host = await startServer();
    const file = join(await temporaryFolder(), 'reviews.csv');
    await writeFile(file, `text\n${'It broke.\n'.repeat(5_000)}`);
    const args = [
      'doctor',
      file,
      '--host',
      host,
      '--model',
      'small:1b',
      '--workers',
      '2',
      '--probe',
      '300ms',
      '--json',
    ];
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(0);
    expect(stderr).toContain('counting the slots');
    const [found] = JSON.parse(stdout);
    expect(found.throughput).toMatchObject({ workers: 2, failed: 0, per_second: expect.any(Number) });
    expect(found.estimate).toMatchObject({
      reviews: 5_000,
      duration_ms: expect.closeTo((5_000 / found.throughput.per_second) * 1_000, 0),
      tokens: { prompt: 450_000, completion: 15_000 },
    });
  });

  it.each([
    ['an old version', { version: '0.9.6' }, 'version', 'gives no token probabilities'],
    ['a model that is partly in the GPU', { gpuShare: 0.4 }, 'GPU', 'only 40 % of the model'],
    ['a model with a shorter context', { contextTokens: 2_048 }, 'context', 'window of 4096 tokens exceeds'],
  ] as const)('warns of %s', async (_, facts, name, says) => {
    const { code, healthy, byName } = await checksOf(quick(await startServer(facts)));
    expect({ code, healthy }).toEqual({ code: 0, healthy: true });
    expect(byName[name]).toMatchObject({ status: 'warning', says: expect.stringContaining(says) });
  });

  it('a model that writes no text is wrong', async () => {
    const { code, byName } = await checksOf(quick(await startServer({ capabilities: ['embedding'] })));
    expect(code).toBe(4);
    expect(byName.capabilities).toMatchObject({
      status: 'wrong',
      says: 'small:1b does not generate text: its capabilities are embedding',
    });
  });

  it('a prompt without room for its answer is wrong', async () => {
    const { code, byName } = await checksOf(quick(await startServer({ promptTokens: 4_090 })));
    expect(code).toBe(5);
    expect(byName.prompt).toMatchObject({ status: 'wrong', says: expect.stringContaining('4090 prompt and') });
  });

  it.each([
    { args: ['doctor', '--provider', 'lexicon'], code: 2, says: 'the lexicon needs no doctor' },
    { args: ['doctor', 'no-such-file.csv', '--host', deadHost], code: 3, says: 'no-such-file.csv' },
    { args: ['doctor', '--probe', '0s'], code: 2, says: '--probe' },
    { args: ['doctor', '--out', 'x.csv'], code: 2, says: "unknown option '--out'" },
  ])('$args ends with $code', async ({ args, code, says }) => {
    const end = await runCli(args);
    expect(end).toMatchObject({ code, stdout: '' });
    expect(end.stderr).toContain(says);
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('chorale analyze looks at the server first', () => {
  it('and warns once of what makes the run worse', async () => {
    const host = await startServer({ version: '0.9.6', gpuShare: 0.4 });
    const file = join(await temporaryFolder(), 'reviews.csv');
    await writeFile(file, 'text\nIt broke.\n');
    const { code, stdout, stderr } = await runCli(['analyze', file, '--host', host, '--model', 'small:1b', '--json']);
    expect(code).toBe(0);
    const warnings = [expect.stringContaining('gives no token probabilities'), expect.stringContaining('only 40 % of')];
    expect(JSON.parse(stdout).warnings).toEqual(warnings);
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('warning: ')),
    ).toEqual(warnings);
  });
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chorale-doctor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
