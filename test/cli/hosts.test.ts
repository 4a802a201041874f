import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test as base, describe, expect } from 'vitest';
import { deadHost } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type FakeServer, type FakeServerOptions, startFakeServer } from './fake-server.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-hosts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = 30;
const reviews = join(folder, 'reviews.csv');
writeFileSync(reviews, `text\n${Array.from({ length: rows }, (_, index) => `I love it ${index}`).join('\n')}\n`);
const analyze = ['analyze', reviews, '--model', 'small', '--workers', '6'];

const test = base.extend<{ start: (options?: FakeServerOptions) => Promise<FakeServer> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  start: async ({}, use) => {
    const servers: FakeServer[] = [];
    await use(async (options) => {
      const server = await startFakeServer(options);
      servers.push(server);
      return server;
    });
    for (const server of servers) await server.stop();
  },
});

function resultsOf(path: string) {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

function expectAllAnswered(path: string): void {
  const results = resultsOf(path);
  expect(results.map(({ index }) => index)).toEqual(Array.from({ length: rows }, (_, index) => index));
  expect(results.filter(({ status }) => status !== 'ok')).toEqual([]);
}

describe('several hosts', () => {
  test('share the reviews, and the summary tells what each did', async ({ start }) => {
    const servers = [await start({ latencyMs: 20 }), await start({ latencyMs: 60 })] as const;
    const out = join(folder, 'shared.jsonl');
    const hosts = servers.flatMap(({ host }) => ['--host', host]);
    const end = await runCli([...analyze, ...hosts, '--json', '--out', out]);
    expect(end.code).toBe(0);
    expectAllAnswered(out);
    const summary = JSON.parse(end.stdout);
    expect(summary.hosts.map(({ server }: { server: string }) => server)).toEqual(servers.map(({ host }) => host));
    expect(summary.hosts.map(({ answered }: { answered: number }) => answered)).toEqual(
      servers.map(({ answered }) => answered),
    );
    expect(servers[0].answered).toBeGreaterThan(servers[1].answered);
    expect(servers[1].answered).toBeGreaterThan(0);
    expect(summary.warnings).toEqual([]);
  });

  test('can be set in the environment and in the configuration', async ({ start }) => {
    const servers = [await start({ latencyMs: 20 }), await start({ latencyMs: 20 })] as const;
    const hosts = servers.map(({ host }) => host);
    const fromEnvironment = await runCli(analyze, { env: { CHORALE_HOST: hosts.join(',') } });
    expect(fromEnvironment.code).toBe(0);
    for (const { host, answered } of servers) {
      expect(answered).toBeGreaterThan(0);
      expect(fromEnvironment.stdout).toMatch(new RegExp(`${host} +│ +${answered} │`));
    }
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ provider: { base_url: hosts } }));
    const fromFile = await runCli([...analyze, '--config', config, '--json'], { env: { OLLAMA_HOST: '' } });
    expect(JSON.parse(fromFile.stdout).hosts).toHaveLength(2);
  });

  test('one that dies in the middle costs nothing but time', async ({ start }) => {
    const dying = await start({ latencyMs: 20 });
    const steady = await start({ latencyMs: 20 });
    dying.onAnswer = (answered) => {
      if (answered === 6) void dying.stop();
    };
    const out = join(folder, 'died.jsonl');
    const events = join(folder, 'died-events.jsonl');
    const hosts = ['--host', dying.host, '--host', steady.host];
    const end = await runCli([...analyze, ...hosts, '--json', '--out', out, '--events', events]);
    expect(end.code).toBe(0);
    expectAllAnswered(out);
    expect(Math.max(...resultsOf(out).map(({ attempts }) => attempts))).toBe(2);
    const summary = JSON.parse(end.stdout);
    expect(summary.hosts[0]).toMatchObject({ up: false, down_count: 1 });
    expect(summary.warnings).toEqual([expect.stringContaining(`${dying.host} was down once`)]);
    expect(end.stderr).toContain(`warning: ${dying.host} is down: `);
    const told = readFileSync(events, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const down = told.find(({ type }) => type === 'host.down');
    expect(down).toMatchObject({ source: 'pool', data: { server: dying.host } });
    const responses = told.filter(({ type, data }) => type === 'model.response' && !data.error);
    expect(new Set(responses.map(({ data }) => data.server))).toEqual(new Set([dying.host, steady.host]));
  });

  test('one that is not there, and one without the model, are left out and named', async ({ start }) => {
    const good = await start();
    const without = await start({ hasModel: false });
    const hosts = ['--host', deadHost, '--host', without.host, '--host', good.host];
    const end = await runCli([...analyze, ...hosts, '--json']);
    expect(end.code).toBe(0);
    const summary = JSON.parse(end.stdout);
    expect(summary.succeeded).toBe(rows);
    expect(summary.warnings).toEqual([
      expect.stringMatching(`^${deadHost} was excluded: .`),
      expect.stringMatching(/was excluded: .* has no model 'small'; installed: another$/),
    ]);
  });

  test('all without the model end the run at once, with their names', async ({ start }) => {
    const servers = [await start({ hasModel: false }), await start({ hasModel: false })];
    const end = await runCli([...analyze, ...servers.flatMap(({ host }) => ['--host', host])]);
    expect(end.code).toBe(4);
    const names = servers.map(({ host }) => host).join(', ');
    expect(end.stderr).toContain(`error: each of ${names} has no model 'small'; installed: another`);
  });

  test('credentials are nowhere to be seen', async ({ start }) => {
    const good = await start();
    const secret = (host: string) => host.replace('//', '//user:s3cret@');
    const events = join(folder, 'secret-events.jsonl');
    const hosts = ['--host', secret(good.host), '--host', secret(deadHost)];
    const end = await runCli([...analyze, ...hosts, '--events', events, '--verbose']);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain(good.host);
    expect(end.stdout + end.stderr + readFileSync(events, 'utf8')).not.toMatch(/s3cret/);
  });
});

describe('a single host', () => {
  test('has its figures in --json, and no table', async ({ start }) => {
    const server = await start();
    const json = await runCli([...analyze, '--host', server.host, '--json']);
    expect(JSON.parse(json.stdout).hosts).toMatchObject([{ server: server.host, answered: rows, share: 1 }]);
    const table = await runCli([...analyze, '--host', server.host]);
    expect(table.stdout).not.toContain(server.host);
  });

  test('that goes away for a while is waited for', async ({ start }) => {
    const server = await start({ latencyMs: 20 });
    server.onAnswer = (answered) => {
      if (answered === 6) void server.stop().then(() => setTimeout(() => void server.restart(), 300));
    };
    const out = join(folder, 'restarted.jsonl');
    const end = await runCli([...analyze, '--host', server.host, '--out', out, '--json']);
    expect(end.code).toBe(0);
    expectAllAnswered(out);
    expect(JSON.parse(end.stdout).hosts[0]).toMatchObject({ up: true, down_count: 1, answered: rows });
    expect(end.stderr).toMatch(/is up after \d/);
  });
});
