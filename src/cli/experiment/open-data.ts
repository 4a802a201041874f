import { resolve } from 'node:path';
import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import type { InputScan } from '../../analysis/run-store.js';
import { type LabelledRows, labelRows } from '../../evaluate/experiment/labelled-rows.js';
import { openInput } from '../analyze/open-input.js';
import { type Columns, resolveColumns, toReviews } from '../analyze/to-reviews.js';
import type { ExperimentFlags } from '../flags.js';
import type { Io } from '../io.js';

/** The labelled rows, and where they came from. */
export interface ExperimentData {
  readonly rows: LabelledRows;
  readonly columns: Columns;
  readonly path: string;
  /** SHA-256 of the content, in hex. */
  readonly digest: string;
}

/** @throws InputError, ColumnError, ExperimentError */
export async function openData(
  flags: ExperimentFlags & { readonly data: string },
  labels: readonly string[],
  io: Io,
  signal: AbortSignal,
  scanOf?: (digest: string) => Promise<InputScan | null>,
): Promise<ExperimentData> {
  const { data, map, limit, split, sample } = flags;
  const input = await openInput([data], flags, {}, io, signal, scanOf);
  const columns = resolveColumns(input, flags);
  const reviews: Review[] = [];
  for await (const { index, id, text, expected, problem } of toReviews(
    input.rows,
    columns,
    new GoldLabels(labels, map),
  )) {
    reviews.push({ index, id, text, expected, problem });
    if (limit !== undefined && reviews.length >= limit) break;
  }
  const seed = sample === undefined ? undefined : (flags.seed ?? 1);
  const rows = labelRows(reviews, labels, { limit, split, sample, seed });
  return { rows, columns, path: resolve(data), digest: input.digest ?? '' };
}
