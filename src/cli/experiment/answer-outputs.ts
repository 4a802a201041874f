import { resultColumns, resultRow } from '../../analysis/fields/field-columns.js';
import type { ReviewResult } from '../../analysis/review-result.js';
import { openWriter } from '../../data/open-writer.js';
import type { Row } from '../../data/row.js';
import type { SuspectedLabelError } from '../../evaluate/experiment/comparison-result.js';
import type { LabelledRow } from '../../evaluate/experiment/labelled-rows.js';
import type { OutputTarget } from '../options/option-types.js';
import { probabilityFields, probabilityTable } from '../probability-fields.js';
import type { OutputTable } from '../write-results.js';
import type { ExperimentData } from './open-data.js';

/** What is written of an answer. */
interface WrittenAnswer {
  readonly row: Row;
  readonly place: { readonly variant: string; readonly repeat: number };
  readonly result: ReviewResult;
  readonly expected: string;
  /** Label probabilities; null if they are not known. */
  readonly probabilities: readonly number[] | null;
}

const placeTypes = { variant: 'text', repeat: 'integer', expected: 'text' } as const;

/** The tables of `--out` and `--out-probabilities`: every answer of every variant, one below the other. */
export function answerTables(
  targets: readonly OutputTarget[],
  outProbabilities: OutputTarget | undefined,
  { roles, rows: { labels }, fields }: ExperimentData,
): readonly OutputTable<WrittenAnswer>[] {
  const added = resultColumns(fields);
  const table = {
    columns: [roles.text],
    fieldNames: [...Object.keys(placeTypes), ...added.names],
    fieldTypes: { ...placeTypes, ...added.types },
  };
  const answers = targets.map((target) => ({
    target: { ...target, ...table },
    fieldsOf: ({ place, expected, result }: WrittenAnswer) => ({ ...place, expected, ...resultRow(result) }),
  }));
  if (!outProbabilities) return answers;
  const ofLabels = {
    target: probabilityTable({ target: outProbabilities, labels }, ['variant', 'repeat']),
    fieldsOf: ({ place, result, expected, probabilities }: WrittenAnswer) => ({
      ...place,
      ...probabilityFields(result, expected, labels, probabilities),
    }),
  };
  return [...answers, ofLabels];
}

/** Writes the suspected label errors. */
export async function writeDoubtfulLabels(
  target: OutputTarget,
  suspected: readonly SuspectedLabelError[],
  data: ExperimentData,
): Promise<void> {
  const columns = [data.roles.text];
  const fieldNames = ['index', 'id', 'expected', 'answered', 'variants', 'mean_confidence'];
  const writer = await openWriter({ ...target, columns, fieldNames });
  const byIndex = new Map(data.rows.rows.map((row) => [row.index, row]));
  for (const { variants, ...fields } of suspected) {
    const row = byIndex.get(fields.index);
    if (row) await writer.write(rowOf(row, data), { ...fields, variants: variants.join('; ') });
  }
  await writer.end();
}

/** A row with its text only. */
export function rowOf({ index, text }: LabelledRow, { path, roles }: ExperimentData): Row {
  const place = { path, line: index + 2 };
  return { index, place, columns: [roles.text], cells: [text], problem: null, source: null };
}
