import { describe, expect, it } from 'vitest';
import type { GridProgress } from '../../../src/evaluate/experiment/grid-progress.js';
import { drawRepeatedSample } from '../../../src/evaluate/experiment/repeated-sample.js';
import { ModelMissingError } from '../../../src/model/model-errors.js';
import { memoryRunStore, memoryRuns } from '../../../src/store/runs/memory-run-store.js';
import { type Answerer, type Questions, right, runSample, sampleRows, wrong } from './sample-experiment.js';

/** Answers the second request about every fifth row in another way. */
function fickle(): Answerer {
  const seen = new Set<string>();
  return (text, index, ...rest) => {
    const isAgain = seen.has(text);
    seen.add(text);
    return (isAgain && index % 5 === 0 ? wrong : right)(text, index, ...rest);
  };
}

describe('the repeated sample', () => {
  it('has 5 % of the rows, from 20 to 100', () => {
    const sizes = [12, 100, 1_000, 4_000].map((rows) => drawRepeatedSample(sampleRows(rows), 1).positions.length);
    expect(sizes).toEqual([12, 20, 50, 100]);
  });

  it('shows how many answers differ from run to run, though rows are not repeated', async () => {
    const asked: Questions = new Map();
    const seen: GridProgress[] = [];
    const options = { asked, repeatSample: true, onProgress: (at: GridProgress) => seen.push(at) };
    const { result } = await runSample({ a: fickle(), b: right }, sampleRows(400), options);
    const [a, b] = result.variants;
    expect(a?.repeated_sample).toMatchObject({ rows: 20, run: null });
    expect(a?.repeated_sample?.changed).toBeGreaterThan(0);
    expect(a?.repeated_sample?.lower).toBeLessThan(a?.repeated_sample?.changed_share ?? 0);
    expect(b?.repeated_sample).toMatchObject({ rows: 20, changed: 0, changed_share: 0, lower: 0 });
    expect([...asked.values()].map(({ length }) => length)).toEqual([420, 420]);
    expect(a).toMatchObject({ answered: 400, stability: null });
    expect(a?.accuracy.value).toBe(1);
    expect(seen.at(-1)).toMatchObject({ done: 840, total: 840 });
  });

  it('is omitted with repeats, or on request', async () => {
    const repeated = await runSample({ a: right }, sampleRows(40), { repeatSample: true, repeats: 2 });
    expect(repeated.result.variants[0]?.repeated_sample).toBeNull();
    const without = await runSample({ a: right }, sampleRows(40), { repeatSample: false });
    expect(without.result.variants[0]?.repeated_sample).toBeNull();
  });

  it('uses no earlier answer but its own, and is not written among the answers', async () => {
    const shared = memoryRuns();
    let runs = 0;
    const record = () => ({
      store: memoryRunStore({ shared }),
      ...{ names: ['/data.csv'], digest: 'd', choice: '{}', configuration: {} },
      newRunId: () => `run ${++runs}`,
    });
    const asked: Questions = new Map();
    let written = 0;
    const options = {
      ...{ asked, repeatSample: true },
      onOutcome: async () => {
        written += 1;
      },
    };
    const first = await runSample({ a: right }, sampleRows(40), { ...options, record: record() });
    expect([asked.get('a/1')?.length, written]).toEqual([60, 40]);
    const again = await runSample({ a: right }, sampleRows(40), { ...options, record: record() });
    expect(asked.get('a/1')).toHaveLength(60);
    expect(again.result.variants[0]?.repeated_sample).toEqual(first.result.variants[0]?.repeated_sample);
    expect(first.result.variants[0]).toMatchObject({ runs: ['run 1'], repeated_sample: { run: 'run 2' } });
  });

  it('is missing where the model is lost meanwhile; the metrics remain', async () => {
    const answered = new Set<string>();
    const lost: Answerer = (text, ...rest) => {
      if (answered.has(text)) return new ModelMissingError('m', 'http://127.0.0.1:11434', []);
      answered.add(text);
      return right(text, ...rest);
    };
    const { result } = await runSample({ a: lost, b: right }, sampleRows(40), { repeatSample: true });
    expect(result.variants.map(({ problem, repeated_sample }) => [problem, repeated_sample?.rows ?? null])).toEqual([
      [null, null],
      [null, 20],
    ]);
  });
});
