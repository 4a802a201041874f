import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { test as base, describe } from 'vitest';
import { httpService } from '../../src/model/http-service.js';
import { type ModelSubject, modelContract } from '../../src/testing/index.js';
import { runCliProcess } from '../harness/cli-process.js';
import { root } from '../readme-commands.js';
import { chat, unaborted, watchedFetch } from './questions.js';

/** The service of the examples, as a process of its own. */
interface Service {
  readonly host: string;
  /** Ends it, as a crash would. */
  kill(): Promise<void>;
}

const test = base.extend<{ service: Service }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  service: async ({}, use) => {
    const tsx = createRequire(import.meta.url).resolve('tsx/cli');
    const args = [tsx, 'examples/sentiment-service.ts', '--serve', '0'];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
    const kill = async () => {
      child.kill();
      await ended;
    };
    await use({ host: String(line).replace('serving at ', ''), kill });
    await kill();
  },
});

function subjectOn({ host }: Service): ModelSubject {
  const { fetch, count } = watchedFetch('"labels":');
  return {
    create: () => httpService({ host, fetch }),
    requests: [
      { request: chat('The best lamp'), accepts: (text) => text === 'positive' },
      { request: chat('An awful lamp'), accepts: (text) => text === 'negative' },
    ],
    asked: count,
    createSilent: { because: 'the service always answers' },
    createFailing: () => httpService({ host: `${host}/elsewhere` }),
    usage: { because: 'the service counts no tokens' },
    probabilities: { because: 'a service gives a confidence, and no tokens' },
  };
}

describe('the contract of a model, asked over HTTP', () => {
  for (const { name, skipReason, run } of modelContract) {
    test(name, async ({ service, skip }) => {
      const subject = subjectOn(service);
      const reason = skipReason(subject);
      if (reason !== undefined) skip(reason);
      await run(subject);
    });
  }
});

describe('a service in a process of its own', () => {
  test('it tells its version', async ({ service, expect }) => {
    const model = httpService({ host: service.host });
    expect(await model.prepare(chat(''), unaborted())).toEqual({ serverVersion: '1.0.0', loadMs: null });
    await model.close();
  });

  test('the command line: results carry its confidence and rationale', async ({ service, expect }) => {
    const args = ['analyze', 'examples/reviews.csv', '--provider', 'http', '--host', service.host, '--out', 'jsonl:-'];
    const end = await runCliProcess(args, { cwd: root });
    expect(end.code, end.stderr).toBe(0);
    const rows = end.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(12);
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'ok', provider: 'http', model: service.host });
      expect(row.confidence).toBeGreaterThanOrEqual(0.5);
    }
    expect(rows.find((row) => row.rationale !== null).rationale).toMatch(/^it says /);
  });

  test('a review that the service refuses fails with its reason', async ({ service, expect }) => {
    const args = ['analyze', 'examples/reviews.csv', '--provider', 'http', '--host', service.host, '--json'];
    const end = await runCliProcess([...args, '--labels', 'positive,negative'], { cwd: root });
    expect(end.code).toBe(5);
    expect(JSON.stringify(JSON.parse(end.stdout).errors)).toMatch(/'neutral' is none of positive, negative/);
  });

  test('one that has died is not there', async ({ service, expect }) => {
    await service.kill();
    const args = ['analyze', 'examples/reviews.csv', '--provider', 'http', '--host', service.host];
    const end = await runCliProcess(args, { cwd: root });
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(/connection refused\); start your service, or correct --host/);
  });
});
