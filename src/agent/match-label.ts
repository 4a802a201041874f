import { foldText } from './fold-text.js';

/**
 * The label that a text is, as in `Positive.`: case, quotes, punctuation, Markdown emphasis and surrounding space do not
 * count. Undefined when it is none, says more than a label, or could be two.
 */
export function matchLabel(text: string, labels: readonly string[]): string | undefined {
  return (
    onlyMatch(text, labels, folded) ??
    onlyMatch(text, labels, bare) ??
    onlyMatch(text, labels, (one) => foldText(bare(one)))
  );
}

/** The label that is named first in a text, as a whole word, the longest where several begin there; or undefined. */
export function findLabel(text: string, labels: readonly string[]): string | undefined {
  let found: { readonly label: string; readonly at: number } | undefined;
  for (const label of labels) {
    const at = text.search(wholeWord(label));
    if (at < 0) continue;
    if (!found || at < found.at || (at === found.at && label.length > found.label.length)) found = { label, at };
  }
  return found?.label;
}

function onlyMatch(text: string, labels: readonly string[], form: (text: string) => string): string | undefined {
  const wanted = form(text);
  if (wanted === '') return undefined;
  const matches = labels.filter((label) => form(label) === wanted);
  return matches.length === 1 ? matches[0] : undefined;
}

function folded(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

function bare(text: string): string {
  return folded(text).replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '');
}

function wholeWord(label: string): RegExp {
  const words = label
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])${words.join('\\s+')}(?![\\p{L}\\p{N}])`, 'iu');
}
