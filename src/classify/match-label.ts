import { foldText, withoutUnseen } from './fold-text.js';

/**
 * The label that a text is, as in `Positive.`: case, quotes, punctuation, Markdown emphasis, surrounding space and
 * characters that nobody sees do not count. Undefined when it is none, says more than a label, or could be two.
 */
export function matchLabel(text: string, labels: readonly string[]): string | undefined {
  return (
    onlyMatch(text, labels, folded) ??
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

function folded(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

function bare(text: string): string {
  return folded(text).replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '');
}
