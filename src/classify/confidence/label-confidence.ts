import type { ModelAnswer } from '../../model/model.js';
import { foldText } from '../fold-text.js';
import type { Prompt } from '../prompt/prompt.js';
import { labelSpan } from './label-span.js';
import { LabelWalk } from './label-walk.js';
import { type SpelledToken, spellAnswer } from './spell-answer.js';
import { decodeBeginning, utf8 } from './token-bytes.js';

/** A validated answer, and what it was to look like. */
export interface LabelledAnswer extends Pick<ModelAnswer, 'text' | 'logprobs'> {
  /** One of `labels`: the one that the answer gives. */
  readonly label: string;
  readonly labels: readonly string[];
  readonly format: Prompt['output']['format'];
}

/** What the probabilities of an answer say of its labels. */
export interface LabelProbabilities {
  /**
   * The probability of all labels together, 0 to 1, as far as the lists show it. Next to nothing where a model did not
   * want to answer with a label, as behind a chat template that does not fit.
   */
  readonly mass: number;
  /**
   * The share of each label in the probability of all labels, in the order of the labels, each 0 to 1 and at most 1
   * together; what is missing to 1 went to tokens that leave open which label comes. Null where the share of the answer's
   * label is not known.
   */
  readonly shares: readonly number[] | null;
}

/** A share counts as known where nothing that the lists do not show can move it by more. */
const tolerance = 0.05;

/**
 * The labels' probabilities.
 *
 * The tokens of the answer are walked from where its label begins. At each place the likeliest tokens are counted for the
 * labels that they may begin (or, together with what was said before, go on with), whatever their case and the quotes and
 * spaces in front, until the answer's own token leaves one label only. The shares of the places multiply. What can be no
 * label does not count, and a label that the lists do not show has the share 0.
 *
 * At a place let `L` be the listed probability of tokens that may begin a label, `s` that of tokens that begin the
 * answer's label only, `u` that of tokens that may become it or another one, and `r` = 1 − Σ of what is listed (0.0001
 * at least, which rounding may hide). Wherever
 * `r` and `u` belong, the true share is between `s ÷ (L + r)` and `(s + u + r) ÷ (L + r)`; without `u` that is at most
 * `max(v, 1 − v) · r ÷ (L + r)` from `v = s ÷ L`. Where the answer's own token, of probability `p`, leaves several labels,
 * `p` times the bounds of the next place is added to `s`. A share that may be off by more than 0.05 is not known.
 *
 * The mass multiplies along the walk from the beginning of the answer: a quote that a schema forced counts with its
 * probability.
 *
 * @returns null where no probabilities are given, where the tokens do not spell the answer, where the list of the place
 * that decides is missing, and where the probabilities of a place are not of one distribution
 */
export function labelProbabilities(answer: LabelledAnswer): LabelProbabilities | null {
  const { text, labels, logprobs } = answer;
  const span = logprobs && labelSpan(text, answer.label, answer.format);
  const spelling = span && spellAnswer(text, logprobs);
  if (!span || !spelling) return null;
  const start = Buffer.byteLength(text.slice(0, span.start));
  const label = labels.indexOf(answer.label);
  const walk = new LabelWalk(utf8(text), start, labels.map(foldText), label, spelling.read);
  const isBefore = (token: SpelledToken) => token.start + token.bytes.length <= start;
  const opening = openingOf(spelling.tokens.filter(isBefore));
  const division = walk.whole(
    opening,
    spelling.tokens.filter((token) => !isBefore(token)),
  );
  if (!division) return null;
  const { shares, low, high, mass } = division;
  const share = shares[label] ?? 0;
  const isKnown = share > 0 && share - low <= tolerance && high - share <= tolerance;
  return { mass, shares: isKnown ? shares : null };
}

/** The signs that an answer begins with: those of its form. What a JSON object says before the label is no part of it. */
function openingOf(tokens: readonly SpelledToken[]): readonly SpelledToken[] {
  const word = tokens.findIndex(({ bytes }) => /[\p{L}\p{N}]/u.test(decodeBeginning(bytes).head));
  return word < 0 ? tokens : tokens.slice(0, Math.max(1, word));
}
