import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-timeline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const place = (name: string) => join(folder, name);

const data = place('reviews.csv');
writeFileSync(data, `text\n${Array.from({ length: 9 }, (_, row) => `I love it ${row}`).join('\n')}\n`);

async function eventsOfRun(name: string): Promise<string> {
  const events = place(name);
  const args = [
    'analyze',
    data,
    '--provider',
    'lexicon',
    '--simulate-latency',
    '20ms',
    '--workers',
    '3',
    '--events',
    events,
  ];
  await runCli([...args, '--out', place(`${name}.csv`)]);
  return events;
}

describe('chorale timeline', () => {
  it('draws a row for each worker', async () => {
    const { code, stdout } = await runCli(['timeline', await eventsOfRun('run.jsonl')]);
    expect(stdout).toMatch(/^9 items, 3 workers, /);
    expect(stdout).toMatch(/[1-3] at most were busy at once/);
    for (const worker of [0, 1, 2]) expect(stdout).toMatch(new RegExp(`^worker ${worker} ▏ *\\d.*█.*▕$`, 'm'));
    expect(code).toBe(0);
  });

  it('reads stdin, also events that are cut in the middle of a line', async () => {
    const text = readFileSync(await eventsOfRun('cut.jsonl'), 'utf8');
    const { code, stdout, stderr } = await runCli(['timeline', '-'], { stdin: text.slice(0, text.length / 2) });
    expect(stdout).toContain('the events end before the run does');
    expect(stderr).toContain('1 lines are no events');
    expect(code).toBe(0);
  });

  it('writes a trace', async () => {
    const trace = place('trace.json');
    const { code } = await runCli(['timeline', await eventsOfRun('traced.jsonl'), '--trace', trace]);
    const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8'));
    expect(traceEvents.filter(({ ph }: { ph: string }) => ph === 'b')).toHaveLength(9);
    expect(code).toBe(0);
  });

  it('is the end of the demo', async () => {
    const { stdout } = await runCli(['demo', '--provider', 'lexicon', '--simulate-latency', '10ms', '--workers', '4']);
    expect(stdout).toMatch(/\nTimeline\n {2}12 items, 4 workers, [\s\S]+\n {2}worker 0 ▏/);
  });
});

describe('what it refuses', () => {
  it.each([
    ['a file that is not there', place('missing.jsonl'), 3, 'there is no such file'],
    ['a folder', folder, 3, 'is a folder'],
    ['a file without events', data, 3, 'holds no worker.start event'],
  ])('%s', async (_, path, code, says) => {
    const end = await runCli(['timeline', path]);
    expect(end.stderr).toContain(says);
    expect(end.stderr.match(/^error:/gm)).toHaveLength(1);
    expect(end.code).toBe(code);
  });

  it('a trace in the file of the events', async () => {
    const events = await eventsOfRun('same.jsonl');
    const { code, stderr } = await runCli(['timeline', events, '--trace', events]);
    expect(stderr).toMatch(/^error: /);
    expect(code).toBe(2);
    expect(readFileSync(events, 'utf8')).toContain('worker.start');
  });

  it('a place where no trace can be written', async () => {
    const { code, stderr } = await runCli([
      'timeline',
      await eventsOfRun('x.jsonl'),
      '--trace',
      place('no/such/t.json'),
    ]);
    expect(stderr).toContain('the trace cannot be written there (ENOENT)');
    expect(code).toBe(3);
  });
});
