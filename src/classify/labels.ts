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
  const forms = formsOf(labels);
  for (const [position, form] of looserAndLooser.entries()) {
    const wanted = form(text);
    const found = wanted === '' ? undefined : forms[position]?.get(wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What of a text counts, less and less. */
const looserAndLooser = [
  (text: string) => lowerCase(text).trim(),
  bare,
  (text: string) => foldText(bare(withoutInvisible(text))),
];

/** The label of each form that one label has, for each form. */
type Forms = readonly ReadonlyMap<string, string>[];

const knownForms = new WeakMap<readonly string[], Forms>();

/** All answers of a run are compared with the same labels. */
function formsOf(labels: readonly string[]): Forms {
  const known = knownForms.get(labels);
  if (known) return known;
  const forms = looserAndLooser.map((form) => {
    const all = labels.map(form);
    const isAlone = (one: string) => all.indexOf(one) === all.lastIndexOf(one);
    return new Map(
      labels.flatMap((label, position) => (isAlone(all[position] ?? '') ? [[all[position] ?? '', label]] : [])),
    );
  });
  knownForms.set(labels, forms);
  return forms;
}

/** In lower case, with compatibility characters as the plain ones. */
export function lowerCase(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function bare(text: string): string {
  return lowerCase(text).replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '');
}
