import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { rowsOf } from '../../data/read-text.js';
import { startCliProcess } from '../../harness/cli-process.js';
import { runCli } from '../../harness/run-cli.js';
import { type AnsweringServer, startAnsweringServer } from './answering-server.js';
import { readOutput, whyNoPrefix } from './compare-outputs.js';
import { mostWaiting, workers } from './disturbed-run.js';
import { isWhole, timeouts } from './kill-table.js';
import { drawMoment, reach } from './moments.js';
import { writeWorkload } from './workload.js';

const rows = isWhole ? 1_000 : 300;
const mostKills = isWhole ? 20 : 6;

const prompt = `---
mode: chat
output:
  fields:
    topic: { type: enum, values: [delivery, price, quality], label: true }
    refund: { type: boolean }
    stars: { type: integer, minimum: 1, maximum: 5 }
    tags: { type: enums, values: [late, broken, loud] }
    aspects: { type: list, fields: { aspect: { type: string }, polarity: { type: enum, values: [good, bad] } } }
---
{{role "user"}}
{{review}}`;

/** The same fields for the same question, lists that are empty among them. */
function contentOf(question: string): string {
  const bytes = createHash('sha256').update(question).digest();
  const [first = 0, second = 0, third = 0, fourth = 0, ...rest] = bytes;
  const aspects = rest.slice(0, second % 4).map((byte) => ({
    aspect: byte % 3 === 0 ? 'lamp, "the" \n light' : `aspect ${byte % 7}`,
    polarity: byte % 2 === 0 ? 'good' : 'bad',
  }));
  return JSON.stringify({
    topic: ['delivery', 'price', 'quality'][first % 3],
    refund: second % 2 === 0,
    stars: 1 + (third % 5),
    tags: ['late', 'broken', 'loud'].filter((_, bit) => (fourth >> bit) % 2 === 1),
    aspects,
  });
}

const folder = mkdtempSync(join(tmpdir(), 'chorale-killed-fields-'));
const workload = writeWorkload(folder, rows);
writeFileSync(workload.promptPath, prompt);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const aside = ['attempts', 'duration_ms', 'cached'];
const formats = ['csv', 'jsonl', 'parquet', 'xlsx'] as const;

function pathOf(name: string, format: (typeof formats)[number] | 'db'): string {
  return join(folder, `${name}.${format}`);
}

function argsOf(name: string, { host }: AnsweringServer): string[] {
  const question = [
    '--model',
    'small',
    '--host',
    host,
    '--prompt',
    workload.promptPath,
    '--text',
    'text',
    '--id',
    'key',
  ];
  const outputs = formats.flatMap((format) => ['--out', pathOf(name, format)]);
  return [
    ...['analyze', workload.path, ...question, '--workers', String(workers)],
    ...['--store', pathOf(name, 'db'), ...outputs],
  ];
}

/** The rows of each output, without what two runs may differ in. */
async function outputsOf(name: string): Promise<Readonly<Record<string, unknown>>> {
  const objects = readFileSync(pathOf(name, 'jsonl'), 'utf8').trimEnd().split('\n');
  const [parquet = [], xlsx = []] = await Promise.all(
    (['parquet', 'xlsx'] as const).map((format) => rowsOf([{ path: pathOf(name, format), format }])),
  );
  const kept = (entries: readonly (readonly [string, unknown])[]) =>
    entries.filter(([key]) => !aside.includes(key.replace('chorale_', '')));
  return {
    csv: readOutput(pathOf(name, 'csv')),
    jsonl: objects.map((line) => kept(Object.entries(JSON.parse(line)))),
    parquet: parquet.map(({ columns, cells }) => kept(columns.map((column, at) => [column, cells[at]]))),
    xlsx: xlsx.map(({ columns, cells }) => kept(columns.map((column, at) => [column, cells[at]]))),
  };
}

describe('a run with several fields and lists that is killed (SIGKILL) at random moments, and started again', {
  timeout: timeouts.test,
}, () => {
  let server: AnsweringServer;
  let expected: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    server = await startAnsweringServer(contentOf);
    const { code, stderr } = await runCli(argsOf('undisturbed', server));
    expect(code, stderr).toBe(0);
    expected = await outputsOf('undisturbed');
    await server.close();
    server = await startAnsweringServer(contentOf);
    return () => server.close();
  }, timeouts.before);

  it(`${mostKills} times: CSV, JSON lines, Parquet and Excel files are as of an undisturbed run`, async () => {
    const random = seededRandom(16);
    const whole = readOutput(pathOf('undisturbed', 'csv'));
    for (let kills = 0; kills < mostKills; ) {
      const open = workload.distinct - server.questions.size;
      const { child, ended } = startCliProcess(argsOf('killed', server));
      await reach(drawMoment(random, open, mostKills - kills), server, ended);
      child.kill('SIGKILL');
      const { code, signal, stderr } = await ended;
      if (signal === 'SIGKILL') kills += 1;
      else expect(code, stderr).toBe(0);
      expect(whyNoPrefix(readOutput(pathOf('killed', 'csv')), whole), `kill ${kills}`).toBeNull();
    }
    const { code, stderr } = await runCli(argsOf('killed', server));
    expect(code, stderr).toBe(0);
    expect(await outputsOf('killed')).toEqual(expected);
    expect(server.asked).toBeLessThanOrEqual(workload.distinct + mostKills * (workers + mostWaiting));
    const [first] = expected.parquet as readonly (readonly (readonly [string, unknown])[])[];
    expect(Object.fromEntries(first ?? [])).toMatchObject({
      chorale_refund: expect.any(Boolean),
      chorale_tags: expect.any(Array),
      chorale_aspects: expect.any(Array),
    });
  });
});
