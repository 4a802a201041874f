import type { ReviewOutcome } from '../../analysis/stream-reviews.js';
import { type FieldSpec, labelField } from '../../classify/fields/field-spec.js';
import { didYouMean } from '../../foundation/text/message-text.js';
import { ExperimentError } from './experiment-plan.js';
import type { ComparedField, LabelledRow } from './labelled-rows.js';

/**
 * A field with this name, as it is compared; null if it is the label.
 * @param prompt whose fields they are, for messages
 * @throws ExperimentError if there is none, or its values are no classes
 */
export function comparedField(
  fields: readonly FieldSpec[] | null | undefined,
  name: string,
  prompt: string,
): ComparedField | null {
  const names = (fields ?? []).map((one) => one.name);
  const field = fields?.find((one) => one.name === name);
  if (!field) {
    const known = names.length === 0 ? ': it has no fields' : `${didYouMean(name, names)} (${names.join(', ')})`;
    throw new ExperimentError(`the prompt ${prompt} has no field '${name}'${known}`, [
      'name a field with ',
      { option: 'field' },
    ]);
  }
  if (field === labelField(fields ?? [])) return null;
  if (field.type === 'enum') return { name, type: field.type, values: field.values };
  if (field.type === 'boolean') return { name, type: field.type, values: ['true', 'false'] };
  throw new ExperimentError(
    `the field '${name}' of the prompt ${prompt} is of the type ${field.type}: an experiment compares fields of the types enum and boolean`,
    'analyze measures the others against gold values, one prompt at a time',
  );
}

/** An outcome with the value of a field in place of the label: of that no probabilities are known. */
export function onField(
  outcome: ReviewOutcome<LabelledRow>,
  field: ComparedField | undefined,
): ReviewOutcome<LabelledRow> {
  if (!field) return outcome;
  const value = outcome.result.fields?.[field.name];
  const answer = value === undefined || value === null ? null : String(value);
  return { ...outcome, result: { ...outcome.result, sentiment: answer, confidence: null }, labelShares: null };
}
