import { describe, expect, it } from 'vitest';
import { InterruptedError } from '../../../src/foundation/errors/chorale-error.js';
import { RunBusyError } from '../../../src/orchestration/run-errors.js';
import { type MemoryRuns, memoryRunStore, memoryRuns } from '../../../src/store/runs/memory-run-store.js';
import { type Questions, right, runSample, sampleRows, wrongEvery } from './sample-experiment.js';

const data = sampleRows(40);

function recorder() {
  const shared = memoryRuns();
  let runs = 0;
  const record = (choice = '{}', fresh = false) => ({
    store: memoryRunStore({ shared }),
    names: ['/data.csv'],
    digest: 'd',
    choice,
    configuration: {},
    fresh,
    newRunId: () => `run ${++runs}`,
  });
  return { shared, record };
}

function total(asked: Questions): number {
  return [...asked.values()].reduce((sum, texts) => sum + texts.length, 0);
}

describe('a recorded experiment', () => {
  it('repeats no request, and has the same metrics and effort', async () => {
    const { record } = recorder();
    const answerers = { a: right, b: wrongEvery(4) };
    const first = await runSample(answerers, data, { record: record(), repeats: 2 });
    const asked: Questions = new Map();
    const again = await runSample(answerers, data, { record: record(), repeats: 2, asked });
    expect(total(asked)).toBe(0);
    for (const [index, before] of first.result.variants.entries()) {
      const now = again.result.variants[index];
      expect(now).toEqual({ ...before, cached: 80 });
      expect(now?.reviews_per_second).toBeGreaterThan(0);
    }
    expect(again.result.pairs).toEqual(first.result.pairs);
  });

  it('goes on where it was stopped', async () => {
    const { record, shared } = recorder();
    const stop = new AbortController();
    const asked: Questions = new Map();
    const stopping = (text: string, index: number) => {
      if (index === 20) stop.abort(new InterruptedError('SIGINT'));
      return text.split(' ')[1] ?? '';
    };
    await expect(
      runSample({ a: right, b: stopping }, data, { record: record(), signal: stop.signal, workers: 1, asked }),
    ).rejects.toThrow(InterruptedError);
    expect(runsOf(shared).map(({ status }) => status)).toEqual(['interrupted', 'interrupted']);
    const before = total(asked);
    const { result } = await runSample({ a: right, b: right }, data, { record: record(), asked });
    // What was being asked when it stopped is asked again.
    expect(total(asked)).toBe(81);
    expect(before).toBe(41);
    expect(result.variants.map(({ answered, cached }) => [answered, cached])).toEqual([
      [40, 20],
      [40, 20],
    ]);
    expect(runsOf(shared).map(({ status }) => status)).toEqual(['done', 'done']);
  });

  it('sends requests for every repeat, though the cache has the first round', async () => {
    const { record } = recorder();
    const asked: Questions = new Map();
    await runSample({ a: right }, data, { record: record('{"one":1}'), repeats: 2 });
    const { result } = await runSample({ a: right }, data, { record: record('{"two":2}'), repeats: 3, asked });
    expect([...asked].map(([key, texts]) => [key, texts.length])).toEqual([
      ['a/2', 40],
      ['a/3', 40],
    ]);
    expect(result.variants[0]).toMatchObject({ cached: 40, answered: 40 });
  });

  it('sends all requests again with a fresh start', async () => {
    const { record } = recorder();
    const asked: Questions = new Map();
    await runSample({ a: right }, data, { record: record() });
    await runSample({ a: right }, data, { record: record('{}', true), asked });
    expect(total(asked)).toBe(40);
  });

  it('keeps each of its runs from others, also while another variant has its turn', async () => {
    const { record, shared } = recorder();
    const refused: unknown[] = [];
    let later: Promise<void> | undefined;
    const other = () => runSample({ a: right }, data, { record: record() });
    const intruding = (text: string, index: number) => {
      later ??= other().then(
        () => void refused.push('began'),
        (error: unknown) => void refused.push(error),
      );
      return right(text, index, { name: 'b', prompt: 'b', model: 'm', options: {} }, 1);
    };
    const { result } = await runSample({ a: right, b: intruding }, data, { record: record(), workers: 1, seed: 3 });
    await later;
    expect(refused).toEqual([expect.any(RunBusyError)]);
    expect(result.variants.map(({ answered }) => answered)).toEqual([40, 40]);
    expect(runsOf(shared).map(({ status }) => status)).toEqual(['done', 'done']);
    await expect(other()).resolves.toBeDefined();
  });

  it('keeps a run for each variant and repeat', async () => {
    const { record, shared } = recorder();
    const { result } = await runSample({ a: right, b: right }, data, { record: record(), repeats: 2 });
    expect(result.variants.map(({ runs }) => runs)).toEqual([
      ['run 1', 'run 3'],
      ['run 2', 'run 4'],
    ]);
    expect(runsOf(shared).map(({ command, status }) => [command, status])).toEqual(
      Array(4).fill(['experiment', 'done']),
    );
  });
});

function runsOf({ database }: MemoryRuns) {
  return database.prepare('SELECT * FROM runs ORDER BY seq').all();
}
