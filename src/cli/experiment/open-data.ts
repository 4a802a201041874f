import { resolve } from 'node:path';
import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import type { InputScan } from '../../analysis/run-store.js';
import type { Prompt } from '../../classify/prompt/prompt.js';
import { showsLabels } from '../../classify/prompt/template-variables.js';
import { ExperimentError } from '../../evaluate/experiment/experiment-plan.js';
import { type LabelledRows, labelRows } from '../../evaluate/experiment/labelled-rows.js';
import { defaults } from '../../foundation/defaults.js';
import { type ColumnRoles, openInput, toReviews } from '../analyze/open-input.js';
import type { ExperimentFlags } from '../options/command-options.js';
import type { Session } from '../session.js';

/** The labelled rows, and where they came from. */
export interface ExperimentData {
  readonly rows: LabelledRows;
  readonly roles: ColumnRoles;
  readonly path: string;
  /** SHA-256 of the content, in hex. */
  readonly digest: string;
}

/** @throws InputError, ColumnError, ExperimentError */
export async function openData(
  path: string,
  flags: ExperimentFlags,
  labels: readonly string[],
  { terminal, signal }: Session,
  scanOf?: (digest: string) => Promise<InputScan | null>,
): Promise<ExperimentData> {
  const { limit, split, sample, seed = defaults.seed } = flags;
  const input = await openInput([path], { flags, stdin: terminal.io.stdin, signal, scanOf });
  for (const note of input.notes) terminal.note(note);
  const reviews: Review[] = [];
  for await (const { index, id, text, expected, problem } of toReviews(input, new GoldLabels(labels, flags.map))) {
    reviews.push({ index, id, text, expected, problem });
    if (limit !== undefined && reviews.length >= limit) break;
  }
  const choice = { limit, split, sample, seed: sample === undefined ? undefined : seed };
  return {
    rows: labelRows(reviews, labels, choice),
    roles: input.roles,
    path: resolve(path),
    digest: input.digest ?? '',
  };
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
