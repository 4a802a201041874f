import { describe, expect, it } from 'vitest';
import { deadHost, runCli } from './run-cli.js';

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

describe('chorale demo', () => {
  it('tells its story in ten numbered sections', async () => {
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
  });

  it('says in sections 2 and 10 that the lexicon answers, and that its latency is simulated', async () => {
    const { stdout } = await runCli(['demo'], { env: { OLLAMA_HOST: deadHost } });
    const sections = stdout.split(/^\d+\. /m);
    expect(sections[2]).toMatch(/lexicon answers instead/);
    expect(sections[2]).toMatch(/no language model/);
    expect(sections[10]).toMatch(/lexicon answered instead/);
    expect(sections[10]).toMatch(/latency of 150 ms is simulated/);
  });

  it('writes its events, and nothing else, to stderr as JSON lines', async () => {
    const { stderr } = await runCli(['demo', '--provider', 'lexicon']);
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
});
