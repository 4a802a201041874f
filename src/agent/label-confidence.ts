import type { TokenLogprob } from '../model/index.js';

/**
 * How sure a model was of its label: the label's share of the probability of all labels, 0 to 1, at the place where the
 * label begins. The likeliest tokens of that place are counted by label, where a token that begins exactly one label
 * counts for it, whatever its case and the quotes and spaces around it. A token that begins several labels counts as
 * theirs, but for none of them: the share is rather too small than too big.
 * @returns null where nothing is given, or the model's own token leaves open which label comes
 */
export function labelConfidence(
  label: string,
  labels: readonly string[],
  logprobs: readonly TokenLogprob[] | null,
): number | null {
  const place = logprobs?.find(({ token }) => pieceOf(token) !== '');
  if (!place || !meansOnly(label, begunBy(place.token, labels))) return null;
  const probabilities = new Map([...place.alternatives, place].map(({ token, logprob }) => [token, Math.exp(logprob)]));
  let own = 0;
  let all = 0;
  for (const [token, probability] of probabilities) {
    const begun = begunBy(token, labels);
    if (begun.length > 0) all += probability;
    if (meansOnly(label, begun)) own += probability;
  }
  return own > 0 && Number.isFinite(all) ? own / all : null;
}

/** The labels that a token may be the beginning of. */
function begunBy(token: string, labels: readonly string[]): string[] {
  const piece = pieceOf(token);
  return piece === '' ? [] : labels.filter((label) => folded(label).startsWith(piece));
}

function meansOnly(label: string, begun: readonly string[]): boolean {
  return begun.length === 1 && begun[0] === label;
}

/** A token without the quotes, Markdown emphasis and spaces around it; empty where it is nothing else. */
function pieceOf(token: string): string {
  return folded(token).replace(/^[\s"'“”‘’«»„`*_]+|[\s"'“”‘’«»„`*_]+$/gu, '');
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
