import { tryParseJson } from '../../foundation/lossless-json.js';
import { plural } from '../../foundation/text/message-text.js';
import type { JsonSchema } from '../../model/model.js';
import { AnswerInvalidError } from '../../model/model-errors.js';
import { type Prompt, PromptError } from '../prompt/prompt.js';
import { answerSchema } from './answer-schema.js';
import { compileSchema } from './compile-schema.js';
import { type FieldSpec, type FieldValues, labelField, withLabels } from './field-spec.js';
import { createFieldsValidator, type FieldsValidator } from './validate-fields.js';

/** The fields of the answers of an agent. */
export interface AnswerFields {
  readonly specs: readonly FieldSpec[];
  /** Name of the field that is the label; null if there is none. */
  readonly label: string | null;
  /** Holds the server to the fields. */
  readonly schema: JsonSchema;
  readonly check: FieldsValidator;
}

/**
 * The fields of a prompt; undefined if its answer is a label.
 * @param labels in place of those of the label field
 * @throws PromptError for a schema of the user's own that does not compile
 */
export async function answerFields(
  { name, output }: Prompt,
  labels: readonly string[],
): Promise<AnswerFields | undefined> {
  if (output.fields === undefined) return undefined;
  const specs = withLabels(output.fields, labels);
  const label = labelField(specs)?.name ?? null;
  if (output.schema === undefined) {
    return { specs, label, schema: answerSchema(specs), check: createFieldsValidator(specs) };
  }
  const check = await compileSchema(output.schema, specs);
  if (typeof check === 'string') throw new PromptError(name, `output.schema does not compile: ${check}`);
  return { specs, label, schema: output.schema, check };
}

/** Violations that a message lists. */
const mostListed = 5;

/**
 * The label (empty if there is none) and the fields of the text of an answer, or why it is not JSON.
 * @throws AnswerInvalidError if it is JSON with violations: it is complete then, even where the server truncated white space
 */
export function readFields(
  text: string,
  { check, label }: AnswerFields,
): { readonly label: string; readonly fields: FieldValues } | string {
  const value = jsonIn(text);
  if (value === undefined) return 'is not JSON (the server did not keep the model to the JSON schema)';
  const { fields, violations } = check(value);
  if (fields === undefined) {
    const more =
      violations.length > mostListed ? `; and ${plural(violations.length - mostListed, 'more violation')}` : '';
    throw new AnswerInvalidError(`does not fit the fields: ${violations.slice(0, mostListed).join('; ')}${more}`, text);
  }
  return { label: label === null ? '' : String(fields[label]), fields };
}

/** The JSON of an answer, also in a Markdown fence or between sentences. */
function jsonIn(text: string): unknown {
  return tryParseJson(text) ?? tryParseJson(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
}
