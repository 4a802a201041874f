import { z } from 'zod';
import type { JsonSchema, ModelAnswer } from '../model/model.js';
import { AnswerInvalidError, AnswerTruncatedError } from '../model/model-errors.js';
import { findLabel } from './find-label.js';
import { foldText, withoutUnseen } from './fold-text.js';
import type { Prompt } from './prompt/prompt.js';

/** What an answer says, after validation. */
export interface ParsedAnswer {
  readonly label: string;
  /** Null where the prompt asks for none, or the model gave none. */
  readonly rationale: string | null;
}

/** The JSON schema that holds the answer to the prompt's form; undefined where the form is plain text. */
export function schemaOf(prompt: Prompt, labels: readonly string[]): JsonSchema | undefined {
  const sentiment = { type: 'string', enum: [...labels] };
  if (prompt.output.format === 'enum') return sentiment;
  if (prompt.output.format !== 'json') return undefined;
  const properties = prompt.output.rationale ? { rationale: { type: 'string' }, sentiment } : { sentiment };
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/**
 * Validates an answer without its thoughts. An answer cut at the token limit counts only where its label is there and
 * could not become another one.
 * @param maxTokens limit of the answer, in tokens
 * @throws AnswerInvalidError, AnswerTruncatedError
 */
export function parseAnswer(
  answer: ModelAnswer & { readonly onlyThought?: boolean },
  prompt: Prompt,
  labels: readonly string[],
  maxTokens: number,
): ParsedAnswer {
  const { format } = prompt.output;
  const { text, onlyThought = false } = answer;
  const isCut = answer.finishReason === 'length';
  const isEmpty = text.trim() === '';
  const found = onlyThought ? nothingButThought : isEmpty ? 'is empty' : verdictIn(text, format, labels, isCut);
  if (typeof found !== 'string') return found;
  if (!isCut) throw new AnswerInvalidError(found, text);
  throw new AnswerTruncatedError(Math.max(maxTokens, answer.usage.completionTokens ?? 0), text, onlyThought);
}

const nothingButThought =
  'is empty: the model wrote only into its reasoning; turn its reasoning off, raise maxOutputTokens in the prompt file, or take a model that does not reason';

type Format = Prompt['output']['format'];

function verdictIn(text: string, format: Format, labels: readonly string[], isCut: boolean): ParsedAnswer | string {
  return format === 'json' ? fromJson(text, labels) : fromText(text, format, labels, isCut);
}

function fromText(
  text: string,
  format: Exclude<Format, 'json'>,
  labels: readonly string[],
  isCut: boolean,
): ParsedAnswer | string {
  const label = format === 'text' ? findLabel(text, labels) : labelOf(text, labels);
  const isOpen = label !== undefined && isCut && parsedJson(text) === undefined && mayGoOn(text, label, labels);
  if (label !== undefined && !isOpen) return { label, rationale: null };
  if (format !== 'text') return `is none of ${labels.join(', ')}${format === 'enum' ? unkeptSchema(text) : ''}`;
  return `comes to none of ${labels.join(', ')}, or to several`;
}

/** The label that an answer is, also in a wrapping that was not requested. */
function labelOf(text: string, labels: readonly string[]): string | undefined {
  return matchLabel(text, labels) ?? matchLabel(unwrapAnswer(text), labels);
}

/** A model that is held to a schema answers with JSON; one that answers otherwise was not. */
function unkeptSchema(text: string): string {
  return parsedJson(text) === undefined ? ' (the server did not keep the model to the JSON schema)' : '';
}

/** Whether a text ends with a label that is the beginning of another one: `good`, of `good enough`. */
function mayGoOn(text: string, label: string, labels: readonly string[]): boolean {
  const folded = (one: string) => one.normalize('NFKC').toLowerCase();
  const said = folded(text).replace(/[\s"'*_`]+$/, '');
  return (
    said.endsWith(folded(label)) && labels.some((other) => other !== label && folded(other).startsWith(folded(label)))
  );
}

const answerObject = z.object({ sentiment: z.string(), rationale: z.string().optional() });

function fromJson(text: string, labels: readonly string[]): ParsedAnswer | string {
  const value = parsedJson(withoutFence(text));
  const checked = answerObject.safeParse(value);
  const label = checked.success ? matchLabel(checked.data.sentiment, labels) : labelOf(text, labels);
  if (label !== undefined) return { label, rationale: checked.data?.rationale?.trim() || null };
  if (checked.success) return `has a "sentiment" that is none of ${labels.join(', ')}`;
  return value === undefined ? `is not JSON${unkeptSchema(text)}` : 'is not an object with a "sentiment"';
}

/**
 * The label that a text is, as in `Positive.`: case, quotes, punctuation, Markdown emphasis, surrounding space and
 * characters that nobody sees do not count. Undefined when it is none, says more than a label, or could be two.
 */
export function matchLabel(text: string, labels: readonly string[]): string | undefined {
  return (
    onlyMatch(text, labels, foldedLabel) ??
    onlyMatch(text, labels, bare) ??
    onlyMatch(text, labels, (one) => foldText(bare(withoutUnseen(one))))
  );
}

function onlyMatch(text: string, labels: readonly string[], form: (text: string) => string): string | undefined {
  const wanted = form(text);
  if (wanted === '') return undefined;
  const matches = labels.filter((label) => form(label) === wanted);
  return matches.length === 1 ? matches[0] : undefined;
}

function foldedLabel(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

function bare(text: string): string {
  return foldedLabel(text).replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '');
}

/** Keys under which models put a label, besides that of the schema. */
const labelKeys = ['sentiment', 'label', 'answer', 'class', 'category'];

/** What models like to repeat of the question in front of a label. */
const cue =
  /^[\s*_#>-]*(?:(?:the|final|my|predicted)\s+)*(?:sentiment|label|answer|class|classification|category|prediction|result|output|response)(?:\s+is)?[\s*_]*[:：=]\s*/iu;

/** Takes the fence of Markdown from around a text. */
function withoutFence(text: string): string {
  return text.replace(/^\s*```[a-z]*\s*|\s*```\s*$/gi, '');
}

/** A JSON value; undefined where the text is none. */
function parsedJson(text: string): unknown {
  // What begins otherwise is none, and finding that out from JSON.parse costs an error with its stack.
  if (!/^\s*["{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The text in which an answer says its label, where a server does not keep the model to the form that was requested: out
 * of a fence of Markdown, a JSON string, the label's field of a JSON object (also one between sentences), a list of one, or
 * from behind a repeated cue (`Sentiment: positive`). The text itself where it has no such wrapping.
 */
function unwrapAnswer(text: string): string {
  const plain = withoutFence(text);
  return labelText(parsedJson(plain)) ?? labelText(parsedJson(onlyObject(plain))) ?? plain.replace(cue, '');
}

/** The one flat JSON object between other words; empty where there is none, or more. */
function onlyObject(text: string): string {
  const objects = text.match(/\{[^{}]*\}/g) ?? [];
  return objects.length === 1 ? (objects[0] ?? '') : '';
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
