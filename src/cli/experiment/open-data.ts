import { resolve } from 'node:path';
import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import type { InputScan } from '../../analysis/run-store.js';
import type { Prompt } from '../../classify/prompt/prompt.js';
import { showsLabels } from '../../classify/prompt/template-variables.js';
import { ExperimentError } from '../../evaluate/experiment/experiment-plan.js';
import { type LabelledRows, labelRows } from '../../evaluate/experiment/labelled-rows.js';
import { defaults } from '../../foundation/defaults.js';
import { type Columns, openInput, resolveColumns, toReviews } from '../analyze/open-input.js';
import type { Io } from '../io.js';
import type { ExperimentFlags } from '../options/command-options.js';

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
  const seed = sample === undefined ? undefined : (flags.seed ?? defaults.seed);
  const rows = labelRows(reviews, labels, { limit, split, sample, seed });
  return { rows, columns, path: resolve(data), digest: input.digest ?? '' };
}

/**
 * The labels of all variants: those that were given, else the prompts'.
 * @throws ExperimentError if the prompts have different ones, or one cannot ask for those that were given
 */
export function experimentLabels(
  prompts: ReadonlyMap<string, Prompt>,
  given: readonly string[] | undefined,
): readonly string[] {
  const all = [...prompts.values()];
  const [first] = all;
  const labels = given ?? first?.labels ?? [];
  const wanted = sorted(labels);
  const strange = all.find((prompt) => sorted(prompt.labels) !== wanted && !showsLabels(prompt.template));
  if (given && strange) {
    throw new ExperimentError(
      `the prompt ${strange.name} does not show the labels ${given.join(', ')}: its own ones are ${strange.labels.join(', ')}`,
      'write {{labelList}} in its template where they belong',
    );
  }
  const other = all.find((prompt) => sorted(prompt.labels) !== wanted);
  if (!given && first && other) {
    throw new ExperimentError(
      `the prompts have different labels: ${first.name} has ${first.labels.join(', ')}, ${other.name} has ${other.labels.join(', ')}`,
      ['name them with ', { option: 'labels' }],
    );
  }
  return labels;
}

function sorted(labels: readonly string[]): string {
  return [...labels].sort().join('\n');
}
