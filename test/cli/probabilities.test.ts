import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type ProbableOllama, startProbableOllama } from './probable-ollama.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/run-store-1/${name}`, import.meta.url));
const reviews = fixture('reviews.csv');
let server: ProbableOllama;
beforeAll(async () => {
  server = await startProbableOllama();
});
afterAll(() => server.close());

/** The summary of a run over eight reviews, and how many requests came with a wish for probabilities. */
async function analyze(args: readonly string[], options: CliOptions = {}) {
  const [asked, requested] = [server.asked, server.requested];
  const common = ['--prompt', fixture('labelled.prompt'), '--model', 'small', '--host', server.host, '--workers', '1'];
  const end = await runCli(['analyze', reviews, ...common, '--json', ...args], options);
  expect(end.code, end.stderr).toBe(0);
  return {
    summary: JSON.parse(end.stdout),
    stderr: end.stderr,
    asked: server.asked - asked,
    requested: server.requested - requested,
  };
}

describe('probabilities', { timeout: 60_000 }, () => {
  it.each([
    ['--no-probabilities', ['--no-probabilities'], {}],
    ['the environment', [], { CHORALE_PROBABILITIES: 'false' }],
  ])('are not requested with %s', async (_, args, env) => {
    const { summary, asked, requested } = await analyze(args, { env });
    expect({ asked, requested, count: summary.confidence.count }).toEqual({ asked: 8, requested: 0, count: 0 });
  });

  it('are requested with --probabilities, whatever environment and configuration say', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'chorale.config.json'), '{ "client": { "probabilities": false } }');
    const env = { CHORALE_PROBABILITIES: 'false' };
    const { summary, requested } = await analyze(['--probabilities'], { cwd: folder, env });
    expect({ requested, count: summary.confidence.count }).toEqual({ requested: 8, count: 8 });
    expect((await analyze([], { cwd: folder })).requested).toBe(0);
  });

  it('cannot be calibrated without, and the variable takes no other words', async () => {
    const wrong = await runCli(['analyze', '--calibrate', reviews, '--label', 'text', '--no-probabilities']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/--calibrate needs token probabilities/);
    const unclear = await runCli(['analyze', reviews], { env: { CHORALE_PROBABILITIES: 'maybe' } });
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toMatch(/'maybe' from env 'CHORALE_PROBABILITIES' is invalid. It must be true or false/);
  });
});

describe('a run that an earlier version recorded', { timeout: 60_000 }, () => {
  it('is resumed: its labels stay, its confidences are withheld, and both is said', async () => {
    const store = join(temporaryFolder(), 'runs.db');
    copyFileSync(fixture('runs.db'), store);
    const { summary, asked, stderr } = await analyze(['--store', store]);
    expect(asked).toBe(2);
    expect(summary).toMatchObject({ succeeded: 8, cached: 6, sentiment: { positive: { count: 5 } } });
    expect(summary.confidence).toMatchObject({ count: 2, without: { unverified: 6 } });
    expect(summary.warnings).toEqual([expect.stringMatching(/^6 answers are those of an earlier version/)]);
    expect(stderr).toContain('6 answers are those of an earlier version');
  });
});
