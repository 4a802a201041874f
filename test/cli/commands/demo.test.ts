import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deadHost, newStore } from '../../harness/cli-process.js';
import { memoryStream, runCli } from '../../harness/run-cli.js';
import { type FakeServerOptions, startFakeServer } from '../fake-server.js';

async function serverWith(options: FakeServerOptions) {
  const server = await startFakeServer(options);
  onTestFinished(() => server.stop());
  return server;
}

const titles = [
  'Configuring observability',
  'Loading the agent configuration',
  'Preparing the reviews',
  'Configuring parallel processing',
  'Defining the processor',
  'Configuring progress tracking',
  'Executing',
  'Results in original order',
  'Sentiment summary',
  'Performance metrics',
];

/** A worker for each review: the simulated latency of the lexicon is waited for once. */
const quick = ['--workers', '12'];
const withLexicon = ['demo', '--provider', 'lexicon', ...quick];

describe('chorale demo', () => {
  it('tells its story in ten numbered sections, and who answers with which simulated latency', async () => {
    const end = await runCli(['demo', '--workers', '4'], { env: { OLLAMA_HOST: deadHost } });
    expect(end.code).toBe(0);
    expect([...end.stdout.matchAll(/^(\d+)\. (.+)$/gm)].map((match) => match[0])).toEqual(
      titles.map((title, index) => `${index + 1}. ${title}`),
    );
    expect(end.stdout).toMatch(/Progress: 5\/12 reviews analyzed \(41%\) - Latest: Review #\d+ \(\w+\)/);
    expect([...end.stdout.matchAll(/^ {2}\[(\d+)\] /gm)].map((match) => Number(match[1]))).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
    expect(end.stdout).toMatch(/Workers: +4 \(cap 16\)/);
    expect(end.stdout).not.toContain('✓');
    expect(end.stdout).toMatch(/^ {6}→ positive$/m);
    // Sections 2 and 10 say that the lexicon answers, and that its latency is simulated.
    const sections = end.stdout.split(/^\d+\. /m);
    expect(sections[2]).toMatch(/lexicon answers instead/);
    expect(sections[2]).toMatch(/no language model/);
    expect(sections[10]).toMatch(/lexicon answered instead/);
    expect(sections[10]).toMatch(/latency of 150 ms is simulated/);
  });

  it('writes its events, and nothing else, to stderr as JSON lines', async () => {
    const { stderr } = await runCli(withLexicon);
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.filter((event) => event.type === 'worker.start')).toHaveLength(12);
    expect(events.filter((event) => event.type === 'worker.complete')).toHaveLength(12);
    expect(new Set(events.flatMap((event) => Object.keys(event)))).toEqual(
      new Set(['type', 'timestamp', 'source', 'data']),
    );
  });

  it('never replaces a provider that was named', async () => {
    const end = await runCli(['demo', '--provider', 'ollama', '--host', deadHost]);
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(/ollama serve.*\[CHORALE_MODEL_UNAVAILABLE\]/);
  });

  it('takes a completion prompt: the system prompt of its example configuration is nobody’s choice', async () => {
    const end = await runCli([...withLexicon, '--prompt', 'sentiment-completion']);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/Prompt sentiment-completion@/);
  });

  it('uses a model that is installed where that of its example configuration is not, and says which and why', async () => {
    const { host } = await serverWith({ models: [{ name: 'nomic-embed-text' }, { name: 'other:8b', size: '8.0B' }] });
    const end = await runCli(['demo'], { env: { OLLAMA_HOST: host } });
    expect(end.code).toBe(0);
    const sections = end.stdout.split(/^\d+\. /m);
    expect(sections[2]).toMatch(/Agent 'llama-agent': ollama other:8b/);
    expect(sections[2]).toMatch(/llama3\.2:3b is not installed at .*; other:8b is the largest/);
    expect(sections[10]).toMatch(/another model answered than the configured one/);
    expect(sections[10]).toMatch(/analyze .*reviews\.csv --model other:8b --out results\.csv/);
    expect(end.stderr).toMatch(/"type":"model.fallback".*"from":"llama3.2:3b","to":"other:8b"/);
  });

  it('tries the short prompts with a small model, takes one that is answered, and claims no accuracy', async () => {
    // It answers completions with nothing.
    const { host } = await serverWith({ models: [{ name: 'tiny', size: '135M' }] });
    const { stdout } = await runCli(['demo'], { env: { OLLAMA_HOST: host } });
    const sections = stdout.split(/^\d+\. /m);
    expect(sections[2]).toMatch(/Trying 2 prompts on 6 of the reviews/);
    expect(sections[5]).toMatch(/Prompt sentiment@/);
    expect(sections[5]).toMatch(/most valid answers; no measurement of accuracy/);
    expect(sections[10]).toMatch(/--model tiny --out results\.csv/);
  });

  it('says how to get a model where the server has none, and lets the lexicon answer', async () => {
    const { host } = await serverWith({ models: [], hasModel: false });
    const { code, stdout, stderr } = await runCli(['demo', ...quick], { env: { OLLAMA_HOST: host } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/Ollama runs and has none that can answer/);
    expect(stdout).toMatch(/^ {4}ollama pull llama3\.2:3b$/m);
    expect(stderr).toMatch(/"type":"model.fallback".*"to":"lexicon"/);
  });

  it('does not try prompts for a lexicon, which reads none', async () => {
    const end = await runCli(['demo', '--provider', 'lexicon', '--prompt', 'auto']);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/--prompt auto .* lexicon reads none.*\[CHORALE_USAGE\]/);
  });

  it('writes its events to the file of --events', async () => {
    const file = `${newStore().CHORALE_STORE}.jsonl`;
    const { stdout, stderr } = await runCli([...withLexicon, '--events', file]);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Events go to ${file}`);
    expect(readFileSync(file, 'utf8')).toMatch(/"type":"run.complete"/);
  });
});

describe('chorale demo on a terminal', () => {
  it.each([80, 120])('of %i columns shows a story that fits, and names the file of its events', async (columns) => {
    const output = Object.assign(memoryStream(), { isTTY: true, columns });
    const io = { stdout: output, stderr: Object.assign(memoryStream(), { isTTY: true, columns }) };
    await runCli(withLexicon, { env: { TERM: 'xterm' }, io });
    const stdout = output.text();
    expect(stdout).toContain('\u001b[1m1. Configuring observability\u001b[22m\n');
    const lines = stripVTControlCharacters(stdout).split('\n');
    expect(stdout).not.toContain('{"');
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    const file = /Events go to (\S+events\.jsonl)/.exec(stdout)?.[1] ?? '';
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toMatch(/"type":"parallel.complete"/);
    rmSync(dirname(file), { recursive: true });
  });
});
