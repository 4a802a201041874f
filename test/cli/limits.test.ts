import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { newStore } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { startFakeServer } from './fake-server.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-limits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = 30;
/** What the server counts for each review: a prompt of 20 tokens and an answer of one. */
const tokensEach = 21;
const data = join(folder, 'reviews.csv');
writeFileSync(data, `text\n${Array.from({ length: rows }, (_, row) => `It works ${row}`).join('\n')}\n`);
const prompt = join(folder, 'short.prompt');
writeFileSync(prompt, '---\nlabels: [positive, negative]\n---\n{{review}}\n');
const priced = join(folder, 'priced.json');
writeFileSync(
  priced,
  JSON.stringify({ prices: { small: { prompt_per_million: 1_000_000, completion_per_million: 1_000_000 } } }),
);

async function setUp() {
  const server = await startFakeServer();
  onTestFinished(() => server.stop());
  const env = newStore();
  const run = (out: string, ...limits: readonly string[]) => {
    const args = ['analyze', data, '--host', server.host, '--model', 'small', '--prompt', prompt, '--workers', '3'];
    return runCli([...args, '--out', join(folder, out), '--json', ...limits], { env });
  };
  return { server, run };
}

function labelsIn(out: string): readonly string[] {
  const lines = readFileSync(join(folder, out), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => line.split(',').slice(0, 5).join());
}

describe('a run with a limit', () => {
  it.each([
    ['--max-tokens', '400', ['--max-tokens', '100000']],
    ['--max-cost', '400', ['--max-cost', '100000']],
  ])('of %s stops before it, says so, and is resumed by a higher one', async (flag, limit, higher) => {
    const { server, run } = await setUp();
    const config = ['--config', priced];
    const stopped = await run('limited.csv', flag, limit, ...config);
    expect(stopped.code).toBe(5);
    expect(stopped.stderr).toMatch(
      /^error: the limit of 400[^\n]* is reached: \d+[^\n]* with a higher --max-(tokens|cost)[^\n]*$/m,
    );
    const answered = server.answered;
    expect(answered).toBeGreaterThan(3);
    expect(answered * tokensEach).toBeLessThanOrEqual(400);

    const resumed = await run('limited.csv', ...higher, ...config);
    expect(resumed.code).toBe(0);
    expect(server.answered).toBe(rows);
    const whole = await setUp();
    await whole.run('whole.csv');
    expect(labelsIn('limited.csv')).toEqual(labelsIn('whole.csv'));
  });

  it('keeps to it also when it is resumed with the same limit', async () => {
    const { server, run } = await setUp();
    await run('same.csv', '--max-tokens', '400');
    const { answered } = server;
    const again = await run('same.csv', '--max-tokens', '400');
    expect([again.code, server.answered]).toEqual([5, answered]);
  });
});

describe('a limit that cannot be kept', () => {
  const analyze = ['analyze', data, '--prompt', prompt, '--model', 'small'];
  it.each([
    ['of no tokens', [...analyze, '--max-tokens', '0'], 'It must be a whole number of at least 1'],
    ['below 0', [...analyze, '--max-cost', '-1'], "argument '-1' is invalid"],
    ['without a price', [...analyze, '--max-cost', '1'], '--max-cost needs the price of small'],
    ['of the lexicon', ['analyze', data, '--provider', 'lexicon', '--max-tokens', '9'], 'lexicon'],
  ])('%s: one line, 2', async (_, args, says) => {
    const { code, stderr } = await runCli(args);
    expect(stderr).toContain(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
