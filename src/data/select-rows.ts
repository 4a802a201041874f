import { defaults } from '../foundation/defaults.js';
import { Reservoir, seededRandom } from '../foundation/statistics/random-variates.js';
import type { Row } from './row.js';

/** Which rows are used. */
export interface RowSelection {
  /** Only the first N rows. */
  readonly limit?: number | undefined;
  /** Of those, N at random, in input order. They are kept in memory. */
  readonly sample?: number | undefined;
  /** Seed of the sample. @default 1 */
  readonly seed?: number | undefined;
}

/** The selected rows, in input order. The same seed over the same rows selects the same. */
export function selectRows(rows: AsyncIterable<Row>, selection: RowSelection): AsyncIterable<Row> {
  const { limit, sample, seed = defaults.seed } = selection;
  const limited = limit === undefined ? rows : firstRows(rows, limit);
  return sample === undefined ? limited : sampledRows(limited, sample, seededRandom(seed));
}

/** The number of rows that a selection leaves. */
export function selectedCount(rows: number, { limit = rows, sample = rows }: RowSelection): number {
  return Math.min(rows, limit, sample);
}

async function* firstRows(rows: AsyncIterable<Row>, limit: number): AsyncGenerator<Row, void> {
  let count = 0;
  for await (const row of rows) {
    yield row;
    count += 1;
    if (count >= limit) return;
  }
}

async function* sampledRows(rows: AsyncIterable<Row>, size: number, random: () => number): AsyncGenerator<Row, void> {
  const reservoir = new Reservoir<Row>(size, random);
  for await (const row of rows) reservoir.add(row);
  yield* reservoir.items.sort((a, b) => a.index - b.index);
}
