import { createHash } from 'node:crypto';
import { contentOf } from '../../classify/calibration/is-held-out.js';
import type { LabelledRow } from './labelled-row.js';

/**
 * Rows at random, each label with the share that it has among all (largest remainders), in their order. No two of them
 * are copies of one text. Which they are depends on the seed and on what the texts say, not on where they stand.
 * @param size at most this many: fewer where there are not so many different texts
 */
export function stratifiedSample(rows: readonly LabelledRow[], size: number, seed: number): readonly LabelledRow[] {
  const different = firstOfEach(rows);
  const strata = new Map<string, { readonly row: LabelledRow; readonly rank: string }[]>();
  for (const [content, row] of different) {
    const stratum = strata.get(row.expected) ?? [];
    stratum.push({ row, rank: createHash('sha256').update(`${seed}\n${content}`).digest('hex') });
    strata.set(row.expected, stratum);
  }
  const ordered = [...strata].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stratum]) => stratum);
  const quotas = quotasOf(
    ordered.map(({ length }) => length),
    Math.min(size, different.size),
  );
  return ordered
    .flatMap((stratum, index) => stratum.sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, quotas[index]))
    .map(({ row }) => row)
    .sort((a, b) => a.index - b.index);
}

function firstOfEach(rows: readonly LabelledRow[]): ReadonlyMap<string, LabelledRow> {
  const first = new Map<string, LabelledRow>();
  for (const row of rows) {
    const content = contentOf(row.text);
    if (!first.has(content)) first.set(content, row);
  }
  return first;
}

/** Whole numbers that add up to `size`, as near as they can be to the shares of the counts. */
function quotasOf(counts: readonly number[], size: number): readonly number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (all === 0 ? 0 : (count * size) / all));
  const quotas = exact.map(Math.floor);
  const missing = size - quotas.reduce((sum, quota) => sum + quota, 0);
  const byRemainder = exact.map((share, index) => ({ index, rest: share % 1 })).sort((a, b) => b.rest - a.rest);
  for (const { index } of byRemainder.slice(0, missing)) quotas[index] = (quotas[index] ?? 0) + 1;
  return quotas;
}
