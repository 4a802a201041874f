import type { ModelAnswer, TokenProbability } from '../model/index.js';
import type { Prompt } from '../prompt/index.js';
import { begunAtStart, begunLabels, endedLabels, type LabelSet } from './begun-labels.js';
import { foldText } from './fold-text.js';
import { labelSpan } from './label-span.js';
import { type SpelledToken, spellAnswer } from './spell-answer.js';
import { type Bytes, lostByte, type Reading, utf8 } from './token-bytes.js';

/** A validated answer, and what it was to look like. */
export interface LabelledAnswer extends Pick<ModelAnswer, 'text' | 'logprobs'> {
  /** One of `labels`: the one that the answer gives. */
  readonly label: string;
  readonly labels: readonly string[];
  readonly format: Prompt['output']['format'];
}

/**
 * The share of each label in the probability of all labels, in the order of the labels, each 0 to 1 and at most 1
 * together; what is missing to 1 went to tokens that leave open which label comes.
 *
 * The tokens of the answer are walked from where its label begins. At each place the likeliest tokens are counted for the
 * labels that they may begin (or, together with what was said before, go on with), whatever their case and the quotes and
 * spaces in front, until the answer's own token leaves one label only. The shares of the places multiply. What can be no
 * label does not count, and a label that the lists do not show has the share 0.
 *
 * @returns null where no probabilities are given, where the tokens do not spell the answer, and where the list of the
 * place that decides is missing
 */
export function labelShares(answer: LabelledAnswer): readonly number[] | null {
  const { text, labels, logprobs } = answer;
  const span = logprobs && labelSpan(text, answer.label, answer.format);
  const spelling = span && spellAnswer(text, logprobs);
  if (!span || !spelling) return null;
  const start = Buffer.byteLength(text.slice(0, span.start));
  const label = labels.indexOf(answer.label);
  const walk = new LabelWalk(utf8(text), start, labels.map(foldText), label, spelling.read);
  const tokens = spelling.tokens.filter((token) => token.start + token.bytes.length > start);
  const shares = walk.from(tokens, [...labels.keys()]);
  return shares !== null && (shares[label] ?? 0) > 0 ? shares : null;
}

/** Logarithms nearer than this are those of one probability. */
const sameLogprob = 1e-6;

/** One of the tokens that were possible at a place. */
interface Candidate {
  readonly labels: LabelSet;
  readonly probability: number;
}

class LabelWalk {
  /**
   * @param text the answer
   * @param start where its label begins, in bytes
   * @param folded all labels, folded
   * @param label the position of the answer's label
   */
  constructor(
    private readonly text: Bytes,
    private readonly start: number,
    private readonly folded: readonly string[],
    private readonly label: number,
    private readonly read: Reading,
  ) {}

  /** The shares of the labels that are still possible at the first of the tokens; those of the others are 0. */
  from([token, ...later]: readonly SpelledToken[], possible: LabelSet): number[] | null {
    if (!token) return null;
    const said = this.text.slice(this.start, Math.max(this.start, token.start));
    const among = (labels: LabelSet) => labels.filter((label) => possible.includes(label));
    const own = among(this.ownLabels(token));
    const others = this.othersAt(token);
    const decides = own.length < possible.length;
    if (!own.includes(this.label) || (decides && others.length === 0)) return null;
    const candidates = others.map((other) => ({
      labels: among(this.labelsOf(said, this.read(other))),
      probability: Math.exp(other.logprob),
    }));
    return this.sharesOf([{ labels: own, probability: Math.exp(token.token.logprob) }, ...candidates], later);
  }

  /** @param candidates the answer's own token first */
  private sharesOf(candidates: readonly Candidate[], later: readonly SpelledToken[]): number[] | null {
    const own = candidates[0]?.labels ?? [];
    const all = sum(candidates.filter(({ labels }) => labels.length > 0));
    if (!(all > 0 && Number.isFinite(all))) return null;
    const shares = this.folded.map(
      (_, position) => sum(candidates.filter(({ labels }) => labels.length === 1 && labels[0] === position)) / all,
    );
    if (own.length === 1) return shares;
    const inside = this.from(later, own);
    if (!inside) return null;
    const toDivide = sum(candidates.filter(({ labels }) => areSame(labels, own))) / all;
    return shares.map((share, position) => share + toDivide * (inside[position] ?? 0));
  }

  /** The labels that may come after the answer's own token; its bytes are those of the answer. */
  private ownLabels(token: SpelledToken): LabelSet {
    const end = token.start + token.bytes.length;
    const said = this.text.slice(this.start, end);
    if (end === token.start) return endedLabels(said, this.folded);
    const beyond = token.bytes.slice(Math.max(0, this.text.length - token.start));
    return begunLabels(said + beyond, this.folded);
  }

  private labelsOf(said: Bytes, bytes: Bytes): LabelSet {
    if (said === '') return begunAtStart(bytes, this.folded);
    return bytes === '' ? endedLabels(said, this.folded) : begunLabels(said + bytes, this.folded);
  }

  /** The listed tokens other than the answer's own: the one that looks like it, and is as likely. */
  private othersAt({ token, bytes }: SpelledToken): readonly TokenProbability[] {
    const distance = (one: TokenProbability) => Math.abs(one.logprob - token.logprob);
    const alike = token.alternatives.filter((one) => this.read(one) === bytes);
    const own = alike.reduce<TokenProbability | undefined>(
      (nearest, one) => (nearest && distance(nearest) <= distance(one) ? nearest : one),
      undefined,
    );
    // Different tokens look alike where bytes got lost.
    if (!own || (bytes.includes(lostByte) && distance(own) > sameLogprob)) return token.alternatives;
    return token.alternatives.filter((one) => one !== own);
  }
}

function areSame(one: LabelSet, other: LabelSet): boolean {
  return one.length === other.length && one.every((label) => other.includes(label));
}

function sum(candidates: readonly Candidate[]): number {
  return candidates.reduce((total, { probability }) => total + probability, 0);
}
