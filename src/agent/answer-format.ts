import { z } from 'zod';
import { AnswerInvalidError, AnswerTruncatedError } from '../errors/index.js';
import type { JsonSchema, ModelAnswer } from '../model/index.js';
import type { Prompt } from '../prompt/index.js';
import { findLabel, matchLabel } from './match-label.js';

/** What an answer says, after validation. */
export interface Verdict {
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
 * Validates an answer. An answer cut at the token limit counts only where one label was asked for and is there.
 * @param maxTokens limit of the answer, in tokens
 * @throws AnswerInvalidError, AnswerTruncatedError
 */
export function readVerdict(
  answer: ModelAnswer,
  prompt: Prompt,
  labels: readonly string[],
  maxTokens: number,
): Verdict {
  const { format } = prompt.output;
  const { text } = answer;
  const isEmpty = text.trim() === '';
  const found = isEmpty ? 'is empty' : format === 'json' ? fromJson(text, labels) : fromText(text, format, labels);
  if (typeof found !== 'string') return found;
  if (answer.finishReason === 'length') throw new AnswerTruncatedError(maxTokens, text);
  throw new AnswerInvalidError(found, text);
}

function fromText(text: string, format: 'label' | 'enum' | 'text', labels: readonly string[]): Verdict | string {
  const quoted = format === 'enum' ? jsonString(text) : undefined;
  const label = format === 'text' ? findLabel(text, labels) : matchLabel(quoted ?? text, labels);
  if (label !== undefined) return { label, rationale: null };
  return `${format === 'text' ? 'names' : 'is'} none of ${labels.join(', ')}`;
}

/** A JSON string's value; undefined where the text is none, as when the server does not enforce the schema. */
function jsonString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

const answerObject = z.object({ sentiment: z.string(), rationale: z.string().optional() });

function fromJson(text: string, labels: readonly string[]): Verdict | string {
  let value: unknown;
  try {
    // Where a server does not enforce the schema, models like to put a fence of Markdown around.
    value = JSON.parse(text.replace(/^\s*```(?:json)?\s|\s*```\s*$/gi, ''));
  } catch {
    return 'is no JSON';
  }
  const checked = answerObject.safeParse(value);
  if (!checked.success) return 'is no object with a "sentiment"';
  const label = matchLabel(checked.data.sentiment, labels);
  if (label === undefined) return `has a "sentiment" that is none of ${labels.join(', ')}`;
  return { label, rationale: checked.data.rationale?.trim() || null };
}
