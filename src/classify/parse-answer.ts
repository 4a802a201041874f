import * as z from 'zod';
import { tryParseJson } from '../foundation/lossless-json.js';
import type { JsonSchema } from '../model/model.js';
import { AnswerInvalidError, AnswerTruncatedError } from '../model/model-errors.js';
import { type AnswerFields, readFields } from './fields/answer-fields.js';
import type { FieldValues } from './fields/field-spec.js';
import { findLabel } from './free-text-label.js';
import { lowerCase, matchLabel } from './labels.js';
import type { Prompt } from './prompt/prompt.js';
import type { FinalAnswer } from './reasoning.js';

/** What an answer says, after validation. */
export interface ParsedAnswer {
  /** One of the labels; empty if the prompt has fields, and none of them is the label. */
  readonly label: string;
  /** Null if the prompt asks for none, or the model gave none. */
  readonly rationale: string | null;
  /** The values of all fields; null if the prompt has none. */
  readonly fields: FieldValues | null;
}

/** The JSON schema that holds the answer to the prompt's form; undefined if the form is plain text. */
export function schemaOf(prompt: Prompt, labels: readonly string[]): JsonSchema | undefined {
  const sentiment = { type: 'string', enum: [...labels] };
  if (prompt.output.format === 'enum') return sentiment;
  if (prompt.output.format !== 'json') return undefined;
  const properties = prompt.output.rationale ? { rationale: { type: 'string' }, sentiment } : { sentiment };
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/**
 * Validates an answer without its reasoning. A truncated answer counts only where its label is there and could not become
 * another one.
 * @throws AnswerInvalidError, AnswerTruncatedError
 */
export function parseAnswer(
  answer: FinalAnswer,
  prompt: Prompt,
  labels: readonly string[],
  maxOutputTokens: number,
  fields?: AnswerFields,
): ParsedAnswer {
  const { format } = prompt.output;
  const { text, onlyReasoning } = answer;
  const isTruncated = answer.finishReason === 'length';
  const found = onlyReasoning
    ? nothingButReasoning
    : text.trim() === ''
      ? 'is empty'
      : fields
        ? fromFields(text, fields)
        : format === 'json'
          ? fromJson(text, labels)
          : fromText(text, format, labels, isTruncated);
  if (typeof found !== 'string') return found;
  if (!isTruncated) throw new AnswerInvalidError(found, text);
  throw new AnswerTruncatedError(Math.max(maxOutputTokens, answer.usage.completionTokens ?? 0), text, onlyReasoning);
}

const nothingButReasoning =
  'is empty: the model wrote only into its reasoning; turn its reasoning off, raise maxOutputTokens in the prompt file, or take a model that does not reason';

function fromFields(text: string, fields: AnswerFields): ParsedAnswer | string {
  const found = readFields(text, fields);
  return typeof found === 'string' ? found : { ...found, rationale: null };
}

function fromText(
  text: string,
  format: 'label' | 'enum' | 'text',
  labels: readonly string[],
  isTruncated: boolean,
): ParsedAnswer | string {
  const label = format === 'text' ? findLabel(text, labels) : labelOf(text, labels);
  const isOpen = isTruncated && parsedJson(text) === undefined && mayBecomeAnother(text, label, labels);
  if (label !== undefined && !isOpen) return { label, rationale: null, fields: null };
  if (format !== 'text') return `is none of ${labels.join(', ')}${format === 'enum' ? ignoredSchema(text) : ''}`;
  return `comes to none of ${labels.join(', ')}, or to several`;
}

/** The label that an answer is, also in a wrapping that was not requested. */
export function labelOf(text: string, labels: readonly string[]): string | undefined {
  return matchLabel(text, labels) ?? matchLabel(unwrapAnswer(text), labels);
}

/** Whether a text ends with a label that is the beginning of another one: `good`, of `good enough`. */
function mayBecomeAnother(text: string, label: string | undefined, labels: readonly string[]): boolean {
  if (label === undefined) return false;
  const own = lowerCase(label);
  const isEnd = lowerCase(text)
    .replace(/[\s"'*_`]+$/, '')
    .endsWith(own);
  return isEnd && labels.some((other) => other !== label && lowerCase(other).startsWith(own));
}

const answerObject = z.object({ sentiment: z.string(), rationale: z.string().optional() });

function fromJson(text: string, labels: readonly string[]): ParsedAnswer | string {
  const value = parsedJson(withoutFence(text));
  const checked = answerObject.safeParse(value);
  const label = checked.success ? matchLabel(checked.data.sentiment, labels) : labelOf(text, labels);
  if (label !== undefined) return { label, rationale: checked.data?.rationale?.trim() || null, fields: null };
  if (checked.success) return `has a "sentiment" that is none of ${labels.join(', ')}`;
  return value === undefined ? `is not JSON${ignoredSchema(text)}` : 'is not an object with a "sentiment"';
}

/** A model that is held to a schema answers with JSON. */
function ignoredSchema(text: string): string {
  return parsedJson(text) === undefined ? ' (the server did not keep the model to the JSON schema)' : '';
}

/** Keys under which models put a label, besides that of the schema. */
const labelKeys = ['sentiment', 'label', 'answer', 'class', 'category'];

/** What models repeat of the request in front of a label. */
const cue =
  /^[\s*_#>-]*(?:(?:the|final|my|predicted)\s+)*(?:sentiment|label|answer|class|classification|category|prediction|result|output|response)(?:\s+is)?[\s*_]*[:：=]\s*/iu;

/**
 * The text that holds the label of an answer, where a server does not keep the model to the requested form: out of a
 * Markdown fence, a JSON string, a JSON object (also one between sentences), a list of one, or after a repeated cue.
 */
function unwrapAnswer(text: string): string {
  const plain = withoutFence(text);
  const objects = plain.match(/\{[^{}]*\}/g) ?? [];
  const onlyObject = objects.length === 1 ? parsedJson(objects[0] ?? '') : undefined;
  return labelText(parsedJson(plain)) ?? labelText(onlyObject) ?? plain.replace(cue, '');
}

function labelText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 1 ? labelText(value[0]) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map(Object.entries(value).map(([key, field]) => [key.trim().toLowerCase(), field as unknown]));
  const texts = labelKeys.map((key) => fields.get(key)).filter((field) => typeof field === 'string');
  if (texts.length > 0) return texts.length === 1 ? texts[0] : undefined;
  const [only] = fields.values();
  return fields.size === 1 && typeof only === 'string' ? only : undefined;
}

/** A text without the Markdown fence around it. */
export function withoutFence(text: string): string {
  return text.replace(/^\s*```[a-z]*\s*|\s*```\s*$/gi, '');
}

/** A JSON value; undefined if the text is none. */
function parsedJson(text: string): unknown {
  // JSON.parse would make an error with a stack for each plain answer.
  return /^\s*["{[]/.test(text) ? tryParseJson(text) : undefined;
}
