import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe } from 'vitest';
import { ensureModel, startOllama } from '../../scripts/ollama-server.js';
import { runCliProcess } from '../harness/cli-process.js';
import { readmeCommands, root } from '../readme-commands.js';
import { liveTest, missing } from './live-test.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sentences = fileURLToPath(new URL('../../../shared/data/product-sentences-binary.csv', import.meta.url));
const reviews = `${root}examples/reviews.csv`;

function rowsOf(path: string) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

describe('chorale on a real server', () => {
  liveTest('labels 400 real sentences with an accuracy of at least 0.88', async ({ ollama, expect, skip }) => {
    if (!existsSync(sentences)) return missing('../shared/data/product-sentences-binary.csv is not there', skip);
    const task = ['--prompt', 'sentiment-completion', '--labels', 'positive,negative', '--label', 'label'];
    const out = join(folder, 'sentences.jsonl');
    const server = ['--model', ollama.model, '--host', ollama.host];
    const end = await runCliProcess(['analyze', sentences, ...server, ...task, '--json', '--out', out]);
    expect(end.code, end.stderr).toBe(0);
    const summary = JSON.parse(end.stdout);
    expect(summary).toMatchObject({ items: 400, succeeded: 400, failed: 0 });
    expect(summary.accuracy).toBeGreaterThanOrEqual(0.88);
    // One sentence comes twice, and is asked once.
    expect(summary.cached).toBe(1);
    expect(summary.tokens.completion).toBe(399);
    expect(summary.queue_ms.p50).toBeGreaterThanOrEqual(0);
    expect(rowsOf(out).map((row) => row.index)).toEqual(Array.from({ length: 400 }, (_, index) => index));
  });

  liveTest('answers with every prompt that comes with it', async ({ ollama, expect }) => {
    for (const prompt of ['sentiment', 'sentiment-completion', 'sentiment-json']) {
      const out = join(folder, `${prompt}.jsonl`);
      const server = ['--model', ollama.model, '--host', ollama.host, '--prompt', prompt, '--limit', '4'];
      const end = await runCliProcess(['analyze', reviews, ...server, '--out', out]);
      expect(end.code, end.stderr).toBe(0);
      const rows = rowsOf(out);
      expect(rows.every((row) => ['positive', 'neutral', 'negative'].includes(row.sentiment))).toBe(true);
      expect(rows.every((row) => (typeof row.rationale === 'string') === (prompt === 'sentiment-json'))).toBe(true);
    }
  });

  liveTest('searches free text for a label, or fails the review', async ({ ollama, expect }) => {
    const out = join(folder, 'free.jsonl');
    const server = ['--model', ollama.model, '--host', ollama.host, '--prompt', 'sentiment-free', '--limit', '3'];
    await runCliProcess(['analyze', reviews, ...server, '--out', out]);
    for (const row of rowsOf(out)) {
      if (row.status === 'failed') expect(row.error_code).toMatch(/CHORALE_ANSWER_(INVALID|TRUNCATED)/);
      else expect(['positive', 'neutral', 'negative']).toContain(row.sentiment);
    }
  });

  liveTest('names the installed models when one is missing', async ({ ollama, expect }) => {
    const end = await runCliProcess(['analyze', reviews, '--model', 'no-such-model', '--host', ollama.host]);
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(new RegExp(`installed: .*${ollama.model}`));
    expect(end.stderr).toContain(`chorale pull no-such-model --host ${ollama.host}`);
  });

  liveTest('fails a review that does not fit, and answers the others', async ({ ollama, expect }) => {
    const path = join(folder, 'long.csv');
    writeFileSync(path, `text\nI love it\n"${'wonderful terrible '.repeat(4_000)}"\nI hate it\n`);
    const out = join(folder, 'long.jsonl');
    const server = ['--model', ollama.model, '--host', ollama.host, '--prompt', 'sentiment-completion'];
    const end = await runCliProcess(['analyze', path, ...server, '--out', out]);
    expect(end.code).toBe(5);
    const rows = rowsOf(out);
    expect(rows.map((row) => row.status)).toEqual(['ok', 'failed', 'ok']);
    expect(rows[1].error_code).toBe('CHORALE_PROMPT_TOO_LONG');
  });

  liveTest('gives the demo with a real model', async ({ ollama, expect }) => {
    const end = await runCliProcess(['demo', '--provider', 'ollama', '--model', ollama.model, '--host', ollama.host]);
    expect(end.stdout).toMatch(/ollama smollm2:135m/);
    expect(end.stdout).toMatch(/10\. Performance metrics/);
    expect(end.stdout).not.toMatch(/lexicon/);
  });

  liveTest('loses nothing that was answered when the server dies in the middle', async ({ expect }) => {
    const server = await startOllama({ numParallel: 1 });
    try {
      const model = await ensureModel(server);
      const path = join(folder, 'many.csv');
      writeFileSync(
        path,
        `text\n${Array.from({ length: 300 }, (_, index) => `It is good and has number ${index}`).join('\n')}\n`,
      );
      const out = join(folder, 'died.jsonl');
      const task = ['--prompt', 'sentiment-completion', '--retries', '0', '--workers', '2'];
      const running = runCliProcess([
        'analyze',
        path,
        '--model',
        model,
        '--host',
        server.host,
        ...task,
        '--out',
        out,
        '--json',
      ]);
      while (!existsSync(out) || rowsOf(out).length < 10) await new Promise((resolve) => setTimeout(resolve, 20));
      await server.stop();
      const end = await running;
      // Nobody answers any more: the run stops, and the same command resumes it.
      expect(end.code, end.stderr).toBe(4);
      const summary = JSON.parse(end.stdout);
      const rows = rowsOf(out);
      expect(rows.map((row) => row.index)).toEqual(Array.from({ length: rows.length }, (_, index) => index));
      expect(rows.filter((row) => row.status === 'ok')).toHaveLength(summary.succeeded);
      expect(summary.succeeded).toBeGreaterThanOrEqual(10);
      expect(summary.succeeded + summary.failed + summary.cancelled + summary.not_started).toBe(300);
      expect(JSON.stringify(summary.errors)).toMatch(/CHORALE_MODEL_(UNAVAILABLE|CUT_OFF)/);
    } finally {
      await server.stop();
    }
  });
});

describe('the commands of the README that need a server', () => {
  for (const command of readmeCommands('sh live')) {
    liveTest(command, async ({ ollama, expect }) => {
      writeFileSync(join(folder, 'labelled.csv'), 'text,label\nI love it,positive\nI hate it,negative\n');
      const args = command
        .replace(/^npx chorale /, '')
        .replace('llama3.2:3b', ollama.model)
        .replace('examples/', `${root}examples/`)
        .split(' ');
      const end = await runCliProcess([...args, '--host', ollama.host], { cwd: folder });
      expect(end.code, end.stderr).toBe(0);
      expect(end.stdout).not.toBe('');
    });
  }
});
