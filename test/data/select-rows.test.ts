import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/data/row.js';
import { type RowSelection, selectedCount, selectRows } from '../../src/data/select-rows.js';

async function* rows(count: number): AsyncGenerator<Row, void> {
  for (let index = 0; index < count; index += 1) {
    yield { index, place: { path: 'x', line: index + 2 }, columns: [], cells: [], problem: null, source: null };
  }
}

async function indices(count: number, selection: RowSelection): Promise<number[]> {
  const selected: number[] = [];
  for await (const row of selectRows(rows(count), selection)) selected.push(row.index);
  return selected;
}

describe('the selection of rows', () => {
  it('takes the first ones', async () => {
    expect(await indices(10, { limit: 3 })).toEqual([0, 1, 2]);
    expect(await indices(2, { limit: 3 })).toEqual([0, 1]);
  });

  it('takes some at random, in input order, the same for the same seed', async () => {
    const sample = await indices(100, { sample: 10, seed: 5 });
    expect(sample).toHaveLength(10);
    expect([...new Set(sample)].sort((a, b) => a - b)).toEqual(sample);
    expect(await indices(100, { sample: 10, seed: 5 })).toEqual(sample);
    expect(await indices(100, { sample: 10, seed: 6 })).not.toEqual(sample);
  });

  it('takes each row about equally often', async () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 2_000; seed += 1) {
      for (const index of await indices(10, { sample: 3, seed })) counts[index] = (counts[index] ?? 0) + 1;
    }
    // 600 expected; five standard deviations are about 100.
    for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(105);
  });

  it('counts what it will leave', () => {
    expect(selectedCount(10, {})).toBe(10);
    expect(selectedCount(10, { limit: 3, sample: 5 })).toBe(3);
    expect(selectedCount(2, { limit: 3, sample: 5 })).toBe(2);
  });
});
