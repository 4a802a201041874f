import type { ModelAnswer, TokenProbability } from '../../model/model.js';
import { foldText } from '../fold-text.js';
import type { Prompt } from '../prompt/prompt.js';
import { begunAtStart, begunLabels, endedLabels, type LabelSet, labelSpan } from './label-prefix.js';
import {
  type Bytes,
  decodeBeginning,
  lostByte,
  type Reading,
  type SpelledToken,
  spellAnswer,
  utf8,
} from './token-bytes.js';

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

/** How the probability of the labels divides among them, from one token of the answer on. */
interface Division {
  /** Label by label, 0 to 1, at most 1 together. */
  readonly shares: readonly number[];
  /** The bounds of the share of the answer's label, whatever the tokens are that no list shows. */
  readonly low: number;
  readonly high: number;
  /** The listed probability of all labels, 0 to 1. */
  readonly mass: number;
}

/** One of the tokens that were possible at a place. */
interface Candidate {
  readonly labels: LabelSet;
  readonly probability: number;
}

/** Logarithms nearer than this are those of one probability. */
const sameLogprob = 1e-6;

/** So much may hide behind the rounding of the server, also where the list seems to be complete. */
const leastRest = 1e-4;

/** Probabilities of one place may come to so much more than 1 by rounding; beyond, they are not of one distribution. */
const rounding = 0.01;

/** Walks along the tokens of an answer, and counts the tokens listed beside them for the labels that they may begin. */
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

  /**
   * The division among all labels. What comes before the label (a quote, a bracket) changes the mass only: other tokens
   * listed there may begin a label at once.
   * @param before the tokens in front of the label
   * @param tokens those from where the label begins
   */
  whole(before: readonly SpelledToken[], tokens: readonly SpelledToken[]): Division | null {
    const inside = this.from(tokens, [...this.folded.keys()]);
    if (!inside) return null;
    const mass = before.reduceRight((later, token) => {
      const atOnce = this.othersAt(token).filter((one) => begunAtStart(this.read(one), this.folded).length > 0);
      return sum(atOnce.map(probabilityOf)) + probabilityOf(token.token) * later;
    }, inside.mass);
    return { ...inside, mass: Math.min(1, mass) };
  }

  /** The division among the labels that are still possible at the first of the tokens; the shares of the others are 0. */
  private from([token, ...later]: readonly SpelledToken[], possible: LabelSet): Division | null {
    if (!token) return null;
    const said = this.text.slice(this.start, Math.max(this.start, token.start));
    const among = (labels: LabelSet) => labels.filter((label) => possible.includes(label));
    const own = among(this.ownLabels(token));
    const others = this.othersAt(token);
    const decides = own.length < possible.length;
    if (!own.includes(this.label) || (decides && others.length === 0)) return null;
    const candidates = others.map((other) => ({
      labels: among(this.labelsOf(said, this.read(other))),
      probability: probabilityOf(other),
    }));
    return this.divide({ labels: own, probability: probabilityOf(token.token) }, candidates, later);
  }

  /** @param own the answer's own token @param others the other listed ones */
  private divide(own: Candidate, others: readonly Candidate[], later: readonly SpelledToken[]): Division | null {
    const candidates = [own, ...others];
    const listed = sum(candidates.map(({ probability }) => probability));
    const all = massOf(candidates, ({ labels }) => labels.length > 0);
    if (!(all > 0 && listed <= 1 + rounding)) return null;
    const rest = Math.max(leastRest, 1 - listed);
    const ofLabel = (position: number) => massOf(candidates, ({ labels }) => isOnly(labels, position));
    const shares = this.folded.map((_, position) => ofLabel(position) / all);
    // What may become the label or another one, and is not looked into.
    const open = massOf(others, ({ labels }) => labels.length > 1 && labels.includes(this.label));
    const settled = ofLabel(this.label);
    const bounds = (low: number, high: number) => ({
      low: (settled + low) / (all + rest),
      high: Math.min(1, (settled + high + open + rest) / (all + rest)),
    });
    if (own.labels.length === 1) return { shares, ...bounds(0, 0), mass: Math.min(1, all) };
    const inside = this.from(later, own.labels);
    if (!inside) return null;
    const divided = massOf(candidates, ({ labels }) => areSame(labels, own.labels));
    return {
      shares: shares.map((share, position) => share + (divided / all) * (inside.shares[position] ?? 0)),
      ...bounds(own.probability * inside.low, own.probability * inside.high),
      mass: Math.min(1, all - divided + divided * inside.mass),
    };
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

function probabilityOf({ logprob }: TokenProbability): number {
  return Math.exp(logprob);
}

function isOnly(labels: LabelSet, position: number): boolean {
  return labels.length === 1 && labels[0] === position;
}

function areSame(one: LabelSet, other: LabelSet): boolean {
  return one.length === other.length && one.every((label) => other.includes(label));
}

function massOf(candidates: readonly Candidate[], accept: (candidate: Candidate) => boolean): number {
  return sum(candidates.filter(accept).map(({ probability }) => probability));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
