import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { deadHost } from '../../harness/cli-process.js';
import { runCli, startCli } from '../../harness/run-cli.js';
import { type FakeServerOptions, startFakeServer } from '../fake-server.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-sweep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = join(folder, 'reviews.csv');
writeFileSync(data, `text\n${Array.from({ length: 300 }, (_, row) => `It works ${row}`).join('\n')}\n`);

async function serve(options: FakeServerOptions = {}) {
  const server = await startFakeServer({ latencyMs: 2, ...options });
  onTestFinished(() => server.stop());
  return server;
}

const quick = (host: string) => ['sweep', data, '--host', host, '--model', 'small', '--requests', '10'];

describe('chorale sweep', () => {
  it('measures each number of workers, and says in words and in a table which one to use', async () => {
    const { host } = await serve();
    const { code, stdout, stderr } = await runCli([...quick(host), '--workers', '2,4', '--repeats', '2']);
    expect(stderr).toContain('1 worker is measured too, since speedups are relative to it');
    expect(stderr.match(/measuring \d workers? \(\d of 2\)/g)).toHaveLength(6);
    expect(stdout).toMatch(/^Use \d workers?: the fewest whose throughput is within 5 % of the best/);
    expect(stdout).toMatch(/The 300 rows of the data take .+ with \d worker/);
    expect(stdout).toContain('The labels do not depend on the number of workers (40 compared each).');
    for (const workers of [1, 2, 4]) expect(stdout).toMatch(new RegExp(`│ +${workers} [ *] │`));
    expect(code).toBe(0);
  });

  it('gives all metrics as JSON', async () => {
    const { host } = await serve();
    const { code, stdout } = await runCli([...quick(host), '--workers', '1,2', '--repeats', '2', '--json', '--quiet']);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ provider: 'ollama', model: 'small', rows: 300, repeated_rows: false });
    expect(found.levels).toMatchObject(
      [1, 2].map((workers) => ({
        workers,
        repeats: 2,
        per_second: { value: expect.any(Number), lower: expect.any(Number), upper: expect.any(Number) },
        answered: expect.any(Number),
        failed: 0,
        latency_ms: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
        same_labels: { same: 40, compared: 40 },
        ended_by: ['requests'],
      })),
    );
    expect(found.levels[0].speedup.value).toBeCloseTo(1, 10);
    expect([1, 2]).toContain(found.recommended_workers);
    expect(code).toBe(0);
  });

  it('sends requests once, whatever becomes of them', async () => {
    let requests = 0;
    const server = await serve({
      answer: () => {
        requests += 1;
        return 'no label at all';
      },
    });
    const { stdout } = await runCli([...quick(server.host), '--workers', '1', '--repeats', '1', '--json', '--quiet']);
    const [level] = JSON.parse(stdout).levels;
    expect(level).toMatchObject({ failed: 0, answered: 10, same_labels: null });
    // Eight of the probe of the slots at least, one to warm up, ten that count, twenty to compare labels.
    expect(requests).toBeLessThanOrEqual(64 + 64 + 1 + 10 + 20);
  });

  it('shows what was measured when the server dies', async () => {
    const server = await serve();
    server.onAnswer = (answered) => {
      if (answered === 150) void server.stop();
    };
    const args = [...quick(server.host), '--workers', '1,2,4', '--repeats', '3', '--item-timeout', '1s'];
    const { code, stdout } = await runCli(args);
    expect(stdout).toMatch(/failed \(CHORALE_[A-Z_]+ \d+\)|^Use \d/);
    expect(code).toBe(5);
  });

  it('shows what was measured when it is interrupted', async () => {
    const { host } = await serve();
    const run = startCli([...quick(host), '--workers', '1,2', '--repeats', '1000']);
    while (!run.stderr().includes('(3 of 1000)')) await new Promise(setImmediate);
    run.signal('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect(stderr).toContain('what was measured is shown');
    expect(stdout).toMatch(/^Use \d/);
    expect(code).toBe(130);
  });

  it('measures with the reviews of the demo where no data are given', async () => {
    const { host } = await serve();
    const args = ['sweep', '--host', host, '--model', 'small', '--requests', '20', '--workers', '1', '--repeats', '1'];
    const { code, stdout } = await runCli(args);
    expect(stdout).toContain('There were too few rows: they came again, with a number in front of the text.');
    expect(stdout).not.toContain('rows of the data');
    expect(code).toBe(0);
  });
});

describe('what a sweep refuses', () => {
  it.each([
    [['--workers', '0'], 2, "argument '0' is invalid. It must be whole numbers from 1 to 512, such as 1,2,4"],
    [['--workers', '1.5'], 2, "argument '1.5' is invalid"],
    [['--workers', '1,,2'], 2, "argument '1,,2' is invalid"],
    [['--workers', '513'], 2, "argument '513' is invalid"],
    [['--repeats', '0'], 2, "argument '0' is invalid"],
    [['--duration', '5'], 2, 'It must be a duration such as 500ms, 30s or 2m'],
    [['--provider', 'lexicon'], 2, 'the lexicon is not a server: there is nothing to sweep'],
  ])('%j', async (args, code, says) => {
    const end = await runCli(['sweep', data, ...args]);
    expect(end.stderr).toContain(says);
    expect(end.code).toBe(code);
    expect(end.stdout).toBe('');
  });

  it('a server that is not there', async () => {
    const { code, stderr, stdout } = await runCli(quick(deadHost));
    expect(stderr).toContain('no model server answers at');
    expect(code).toBe(4);
    expect(stdout).toBe('');
  });

  it('a data set without a text', async () => {
    const empty = join(folder, 'empty.csv');
    writeFileSync(empty, 'text\n" "\n');
    const { code, stderr } = await runCli(['sweep', empty, '--host', deadHost, '--model', 'small']);
    expect(stderr).toContain('holds no text to ask about');
    expect(code).toBe(3);
  });
});
