import { resolve } from 'node:path';
import { booleanWords } from '../../analysis/fields/gold-field.js';
import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import type { InputScan } from '../../analysis/run-store.js';
import { type FieldSpec, labelField } from '../../classify/fields/field-spec.js';
import type { Prompt } from '../../classify/prompt/prompt.js';
import { showsLabels } from '../../classify/prompt/template-variables.js';
import { comparedField } from '../../evaluate/experiment/compared-field.js';
import { ExperimentError } from '../../evaluate/experiment/experiment-plan.js';
import { type ComparedField, type LabelledRows, labelRows } from '../../evaluate/experiment/labelled-rows.js';
import { defaults } from '../../foundation/defaults.js';
import { type ColumnRoles, openInput, toReviews } from '../analyze/open-input.js';
import type { ExperimentFlags } from '../options/command-options.js';
import type { Session } from '../session.js';
import type { ShownColumns } from '../shown-columns.js';

/** The labelled rows, and where they came from. */
export interface ExperimentData {
  readonly rows: LabelledRows;
  readonly roles: ColumnRoles;
  /** All columns of the data. */
  readonly columns: readonly string[];
  /** Those of the prompts; null if there are none. */
  readonly fields: readonly FieldSpec[] | null;
  readonly path: string;
  /** SHA-256 of the content, in hex. */
  readonly digest: string;
}

/** @throws InputError, ColumnError, ExperimentError */
export async function openData(
  path: string,
  flags: ExperimentFlags,
  compared: ComparedLabels,
  { terminal, signal }: Session,
  shown: ShownColumns,
  scanOf?: (digest: string) => Promise<InputScan | null>,
): Promise<ExperimentData> {
  const { limit, split, sample, seed = defaults.seed } = flags;
  const field = compared.field ?? undefined;
  const { labels } = compared;
  const map = field?.type === 'boolean' ? new Map([...booleanWords, ...(flags.map ?? [])]) : flags.map;
  const input = await openInput([path], { flags, stdin: terminal.io.stdin, signal, scanOf, shown });
  for (const note of input.notes) terminal.note(note);
  const reviews: Review[] = [];
  for await (const { index, id, text, columns, expected, problem } of toReviews(input, new GoldLabels(labels, map))) {
    reviews.push({ index, id, text, columns, expected, problem });
    if (limit !== undefined && reviews.length >= limit) break;
  }
  const choice = { limit, split, sample, seed: sample === undefined ? undefined : seed };
  return {
    rows: { ...labelRows(reviews, labels, choice), ...(field && { field }) },
    fields: compared.fields,
    roles: input.roles,
    columns: input.columns,
    path: resolve(path),
    digest: input.digest ?? '',
  };
}

/** What variants are compared on: the label, or another field of their answers. */
export interface ComparedLabels {
  readonly labels: readonly string[];
  /** Undefined: it is the label. */
  readonly field?: ComparedField | undefined;
  /** All fields of the prompts, by name; null if there are none. */
  readonly fields: readonly FieldSpec[] | null;
}

/** @param name of the field; undefined: the label @throws ExperimentError */
export function comparedLabels(
  prompts: ReadonlyMap<string, Prompt>,
  given: readonly string[] | undefined,
  name: string | undefined,
): ComparedLabels {
  const specs = new Map(
    [...prompts.values()].flatMap(({ output }) => (output.fields ?? []).map((one) => [one.name, one])),
  );
  const fields = specs.size === 0 ? null : [...specs.values()];
  const found = [...prompts].map(([path, { output }]) => {
    if (name === undefined && output.fields && labelField(output.fields) === undefined) {
      throw new ExperimentError(`no field of the prompt ${path} is the label`, [
        'say which field is compared with ',
        { option: 'field' },
      ]);
    }
    return name === undefined ? null : comparedField(output.fields, name, path);
  });
  const [field] = found;
  if (!field) return { labels: experimentLabels(prompts, given), fields };
  const other = found.findIndex((one) => one?.values.join('\n') !== field.values.join('\n'));
  if (other < 0) return { labels: field.values, field, fields };
  const [first = '', strange = ''] = [[...prompts.keys()][0], [...prompts.keys()][other]];
  throw new ExperimentError(
    `the field '${field.name}' has different values in the prompts ${first} and ${strange}`,
    'give it the same values, in the same order',
  );
}

/**
 * The labels of all variants: those that were given, else the prompts'.
 * @throws ExperimentError if the prompts have different ones, or one cannot ask for those that were given
 */
function experimentLabels(
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
