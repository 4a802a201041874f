import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Event } from '../../../src/foundation/events/event.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { deadHost } from '../../harness/cli-process.js';
import { runCli } from '../../harness/run-cli.js';
import { expectNothingUnhandled } from '../../orchestration/parallel/unhandled.js';
import { findStrays, findUnpaired, rows, startsOf } from './check-events.js';
import { type Ending, endings } from './event-table.js';
import { type SmallRun, smallRuns } from './small-runs.js';

expectNothingUnhandled();

/** What a run came to, and told. */
interface Recorded {
  readonly construct: string;
  readonly ending: Ending;
  readonly events: readonly Event[];
  readonly end: unknown;
}

async function record({ construct, ending, run }: SmallRun): Promise<Recorded> {
  const observer = createRecordingObserver();
  return { construct, ending, end: await run(observer), events: observer.events };
}

/** The only run that tells of a fallback: what it writes are events as lines. */
async function recordDemo(): Promise<Recorded> {
  const { code, stderr } = await runCli(['demo'], { env: { OLLAMA_HOST: deadHost } });
  const lines = stderr.trim().split('\n');
  const events = lines.map((line) => JSON.parse(line)).map((one) => ({ ...one, timestamp: Date.parse(one.timestamp) }));
  return { construct: 'demo', ending: 'success', end: code, events };
}

let recorded: readonly Recorded[] = [];
beforeAll(async () => {
  recorded = await Promise.all([...smallRuns.map(record), recordDemo()]);
}, 60_000);

const wrongIn = (find: (events: readonly Event[]) => readonly string[]) =>
  recorded.flatMap(({ construct, ending, events }) => find(events).map((wrong) => `${construct}, ${ending}: ${wrong}`));

describe('the small runs', () => {
  test('come to the end that they are told to', () => {
    const wrong = recorded.filter(({ ending, end }) => {
      const mark = {
        success: /^(?!.*(?:no luck|enough|failed))/,
        failure: /no luck|failed/,
        cancellation: /enough|aborted/,
      };
      return !mark[ending].test(String(end));
    });
    expect(wrong).toEqual([]);
  });

  test('tell only what the table has, with exactly its keys', () => {
    expect(wrongIn((events) => events.flatMap(findStrays))).toEqual([]);
  });

  test('end everything that they begin, and what is within first', () => {
    expect(wrongIn(findUnpaired)).toEqual([]);
  });

  test.each(smallRuns)(
    'come to the same with an observer that throws, which is dropped after one warning ($construct, $ending)',
    async ({ construct, ending, run }) => {
      const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
      const onEvent = vi.fn(() => expect.fail('boom'));
      const before = recorded.find((one) => one.construct === construct && one.ending === ending);
      expect(await run({ onEvent })).toEqual(before?.end);
      expect(onEvent).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls).toEqual([['an observer threw and is ignored from now on: boom', 'ChoraleWarning']]);
      warn.mockRestore();
    },
  );
});

describe('the check', () => {
  const event: Event = {
    type: 'node.complete',
    timestamp: 0,
    source: 'the graph',
    data: { node: 'a', iteration: 1, error: false },
  };
  const failure = { error: true, error_type: 'Error', message: 'no luck' };
  const start = { ...event, type: 'node.start', data: { node: 'a', iteration: 1 } } as const;

  test.each<[string, object]>([
    ['type: no row', { type: 'node.end' }],
    ['source: another', { source: 'a graph' }],
    ['timestamp: none', { timestamp: Number.NaN }],
    ['something beside data', { level: 30 }],
    ['key: one too few', { data: { node: 'a', error: false } }],
    ['key: one too many', { data: { ...event.data, run_id: 'r' } }],
    ['key: of another kind', { data: { ...event.data, iteration: '1' } }],
    ['failure: half of it', { data: { ...event.data, error: true } }],
    ['failure: where there is none', { data: { ...event.data, ...failure, error: false } }],
  ])('finds what is no event of the table (%s)', (_, change) => {
    expect(findStrays(event)).toEqual([]);
    expect(findStrays({ ...event, data: { ...event.data, ...failure } })).toEqual([]);
    expect(findStrays({ ...event, ...change } as Event)).not.toEqual([]);
  });

  test('finds starts without an end, ends without a start, and ends that come too late', () => {
    const again = { ...event, data: { ...event.data, iteration: 2 } };
    const data = { entry_point: 'a', run_id: 'r', exit_points: 1 };
    const begin: Event = { ...event, type: 'graph.start', data };
    const end: Event = {
      ...event,
      type: 'graph.complete',
      data: { exit_point: 'a', iterations: 1, path_length: 1, error: false },
    };
    expect(findUnpaired([begin, start, event, end])).toEqual([]);
    expect(findUnpaired([begin, start, event])).toEqual(['graph.start has no end']);
    expect(findUnpaired([start, event, event])).toEqual([
      'node.complete ends node.start node=a iteration=1, which had not begun',
    ]);
    expect(findUnpaired([start, again])).toHaveLength(2);
    expect(findUnpaired([begin, start, end, event])).toEqual([
      'graph.complete before the end of node.start node=a iteration=1',
    ]);
  });
});

describe('the table', () => {
  test.each([...rows])('has the endings in which %s is told', (type, row) => {
    const found = recorded.filter(({ events }) => events.some((event) => event.type === type));
    expect(endings.filter((ending) => found.some((one) => one.ending === ending))).toEqual(row.in ?? endings);
  });

  test('has an end for every start', () => {
    const ended = new Set<string>([...rows.values()].flatMap(startsOf));
    expect([...rows.keys()].filter((type) => type.endsWith('.start') && !ended.has(type))).toEqual([]);
  });
});
