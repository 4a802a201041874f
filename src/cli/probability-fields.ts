import type { ReviewResult } from '../analysis/review-result.js';
import type { FieldTypes, ResultFields, WriterTarget } from '../data/result-text.js';
import type { OutputTarget } from './options/option-types.js';

/** The file of `--out-probabilities`, and the labels of its columns. */
export interface ProbabilityTarget {
  readonly target: OutputTarget;
  readonly labels: readonly string[];
}

/** What its rows have in common: the answer, its gold label, and a column `p_LABEL` for each label. */
const answerFields = ['index', 'id', 'expected', 'sentiment', 'confidence'] as const;
const answerTypes: FieldTypes = { repeat: 'integer', index: 'integer', confidence: 'number' };

/** How the file is opened. @param leading fields that come first */
export function probabilityTable(
  { target, labels }: ProbabilityTarget,
  leading: readonly string[] = [],
): Pick<WriterTarget, 'path' | 'format' | 'columns' | 'fieldNames' | 'fieldTypes' | 'withoutInput'> {
  const ofLabels = labels.map(columnOf);
  return {
    ...target,
    columns: [],
    withoutInput: true,
    fieldNames: [...leading, ...answerFields, ...ofLabels],
    fieldTypes: { ...answerTypes, ...Object.fromEntries(ofLabels.map((name) => [name, 'number'] as const)) },
  };
}

/** One row of it. @param shares label probabilities, in the order of the labels; null if they are not known */
export function probabilityFields(
  { index, id, sentiment, confidence }: ReviewResult,
  expected: string | undefined,
  labels: readonly string[],
  shares: readonly number[] | null,
): ResultFields {
  const ofLabels = labels.map((label, position) => [columnOf(label), shares?.[position] ?? null] as const);
  return { index, id, expected: expected ?? null, sentiment, confidence, ...Object.fromEntries(ofLabels) };
}

/** Where no answer of the file has probabilities. */
export const noProbabilities = 'the file of label probabilities holds none: no answer has a confidence';

function columnOf(label: string): string {
  return `p_${label}`;
}
