import * as z from 'zod';
import { foldText, withoutInvisible } from '../foundation/text/visible-text.js';

/** A label, or a value of a field. */
export const labelSchema = z
  .string()
  .trim()
  .min(1, 'a label may not be empty')
  .max(60, 'a label may have at most 60 characters')
  .regex(/^[^<>{}|[\]\p{Cc}]*$/u, 'a label may not contain control characters or any of < > { } | [ ]');

/** Labels that can be told apart. */
export const labelsSchema = z
  .array(labelSchema)
  .min(2, 'there must be at least two labels')
  .refine((all) => new Set(all.map((one) => one.toLowerCase())).size === all.length, 'labels must differ, case aside');

/** Checks labels that a person gave in place of the prompt's. Returns what is wrong, or undefined. */
export function labelProblem(candidates: readonly string[]): string | undefined {
  const checked = labelsSchema.safeParse(candidates);
  return checked.success ? undefined : (checked.error.issues[0]?.message ?? 'wrong');
}

/**
 * The label that a text is, as in `Positive.`: case, quotes, punctuation, Markdown emphasis, surrounding space and
 * invisible characters do not count. Undefined when it is none, says more than a label, or could be two.
 */
export function matchLabel(text: string, labels: readonly string[]): string | undefined {
  return (
    onlyMatch(text, labels, (one) => lowerCase(one).trim()) ??
    onlyMatch(text, labels, bare) ??
    onlyMatch(text, labels, (one) => foldText(bare(withoutInvisible(one))))
  );
}

function onlyMatch(text: string, labels: readonly string[], form: (text: string) => string): string | undefined {
  const wanted = form(text);
  if (wanted === '') return undefined;
  const matches = labels.filter((label) => form(label) === wanted);
  return matches.length === 1 ? matches[0] : undefined;
}

/** In lower case, with compatibility characters as the plain ones. */
export function lowerCase(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function bare(text: string): string {
  return lowerCase(text).replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '');
}
