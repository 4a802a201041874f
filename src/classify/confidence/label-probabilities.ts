import { foldText } from '../../foundation/text/visible-text.js';
import type { ModelAnswer, TokenProbability } from '../../model/model.js';
import type { Prompt } from '../prompt/prompt.js';
import { completeLabels, type LabelSet, labelSpan, labelsAfter, labelsAtStart } from './label-prefix.js';
import {
  type Bytes,
  decodePrefix,
  lostByte,
  type PlacedToken,
  placeTokens,
  type TokenReader,
  utf8,
} from './token-bytes.js';

/** A validated answer, and its expected form. */
export interface LabelledAnswer extends Pick<ModelAnswer, 'text' | 'logprobs'> {
  /** The label that the answer gives, one of `labels`. */
  readonly label: string;
  readonly labels: readonly string[];
  readonly format: Prompt['output']['format'];
  /** The key of the label, where the answer is a JSON object. @default sentiment */
  readonly key?: string | undefined;
}

/** The label probabilities of an answer. */
export interface LabelProbabilities {
  /** The listed probability of all labels together, 0 to 1; near 0 if the chat template does not fit the model. */
  readonly mass: number;
  /**
   * The probability of each label relative to the mass, in the order of the labels, at most 1 together; the rest went to
   * tokens that leave the label open. Null if that of the answer's label is unknown.
   */
  readonly shares: readonly number[] | null;
}

/** A probability is known if unlisted tokens can change it by at most this. */
const tolerance = 0.05;

/**
 * The labels' probabilities.
 *
 * It walks the tokens of the answer from where its label begins. At each place each listed token counts for the labels that
 * it may begin or continue, whatever their case and the quotes in front, until the answer's own token leaves one label. The
 * shares of the places multiply. A label that no list shows has the share 0.
 *
 * At a place let `L` be the listed probability of tokens that may begin a label, `s` that of tokens for the answer's label
 * only, `u` that of tokens for it or another one, and `r` = 1 − Σ of what is listed (at least 0.0001). The true share is
 * between `s ÷ (L + r)` and `(s + u + r) ÷ (L + r)`. Where the answer's own token, of probability `p`, leaves several
 * labels, `p` times the bounds of the next place is added to `s`.
 *
 * The mass multiplies from the beginning of the answer: a quote that a schema forced counts with its probability.
 *
 * @returns null if no probabilities are given, if the tokens do not spell the answer, where the list at the place
 * that decides is missing, and where the probabilities of a place are not of one distribution
 */
export function labelProbabilities(answer: LabelledAnswer): LabelProbabilities | null {
  const { text, labels, logprobs } = answer;
  const span = logprobs && labelSpan(text, answer.label, answer.format, answer.key);
  const placed = span && placeTokens(text, logprobs);
  if (!span || !placed) return null;
  const start = Buffer.byteLength(text.slice(0, span.start));
  const label = labels.indexOf(answer.label);
  const walk = new LabelWalk(utf8(text), start, labels.map(foldText), label, placed.read);
  const isBefore = (token: PlacedToken) => token.start + token.bytes.length <= start;
  const division = walk.divideAll(
    openingOf(placed.tokens.filter(isBefore)),
    placed.tokens.filter((token) => !isBefore(token)),
  );
  if (!division) return null;
  const { shares, low, high, mass } = division;
  const share = shares[label] ?? 0;
  const isKnown = share > 0 && share - low <= tolerance && high - share <= tolerance;
  return { mass, shares: isKnown ? shares : null };
}

/**
 * The confidence of an answer: that of the provider, else the one computed from the tokens.
 * @param key of the label, where the answer is a JSON object; null if the answer has no label
 */
export function answerConfidence(
  label: string,
  { text, logprobs, confidence }: ModelAnswer,
  labels: readonly string[],
  format: Prompt['output']['format'],
  key?: string | null,
) {
  if (key === null) return { confidence: null, labelShares: null, labelMass: null };
  const found = labelProbabilities({ text, logprobs, label, labels, format, key: key ?? undefined });
  const labelShares = found?.shares ?? null;
  return {
    confidence: confidence ?? labelShares?.[labels.indexOf(label)] ?? null,
    labelShares,
    labelMass: found?.mass ?? null,
  };
}

/** The signs at the beginning of an answer. What a JSON object says before the label does not count. */
function openingOf(tokens: readonly PlacedToken[]): readonly PlacedToken[] {
  const word = tokens.findIndex(({ bytes }) => /[\p{L}\p{N}]/u.test(decodePrefix(bytes).head));
  return word < 0 ? tokens : tokens.slice(0, Math.max(1, word));
}

/** How the probability of the labels divides among them, from one token of the answer on. */
interface Division {
  readonly shares: readonly number[];
  /** The bounds of the share of the answer's label, whatever the unlisted tokens are. */
  readonly low: number;
  readonly high: number;
  readonly mass: number;
}

/** One of the possible tokens at a position. */
interface Candidate {
  readonly labels: LabelSet;
  readonly probability: number;
}

/** Log-probabilities that differ by less count as equal. */
const sameLogprob = 1e-6;

/** The least probability of unlisted tokens, because of rounding. */
const leastRest = 1e-4;

/** The probabilities of one position may exceed 1 by this much because of rounding. */
const rounding = 0.01;

/** Walks along the tokens of an answer, and counts the tokens listed beside them for the labels that they may begin. */
class LabelWalk {
  /**
   * @param start where the label begins, in bytes
   * @param folded all labels, folded
   * @param label the position of the answer's label
   */
  constructor(
    private readonly text: Bytes,
    private readonly start: number,
    private readonly folded: readonly string[],
    private readonly label: number,
    private readonly read: TokenReader,
  ) {}

  /** What comes before the label (a quote, a bracket) changes the mass only: other tokens there may begin a label at once. */
  divideAll(before: readonly PlacedToken[], tokens: readonly PlacedToken[]): Division | null {
    const inside = this.divideFrom(tokens, [...this.folded.keys()]);
    if (!inside) return null;
    const mass = before.reduceRight((later, token) => {
      const atOnce = this.othersAt(token).filter((one) => labelsAtStart(this.read(one), this.folded).length > 0);
      return sum(atOnce.map(probabilityOf)) + probabilityOf(token.token) * later;
    }, inside.mass);
    return { ...inside, mass: Math.min(1, mass) };
  }

  /** The division among the labels that are still possible at the first of the tokens; the shares of the others are 0. */
  private divideFrom([token, ...later]: readonly PlacedToken[], possible: LabelSet): Division | null {
    if (!token) return null;
    const prefix = this.text.slice(this.start, Math.max(this.start, token.start));
    const among = (labels: LabelSet) => labels.filter((label) => possible.includes(label));
    const own = among(this.ownLabels(token));
    const others = this.othersAt(token);
    const decides = own.length < possible.length;
    if (!own.includes(this.label) || (decides && others.length === 0)) return null;
    const candidates = others.map((other) => ({
      labels: among(this.labelsOf(prefix, this.read(other))),
      probability: probabilityOf(other),
    }));
    return this.divide({ labels: own, probability: probabilityOf(token.token) }, candidates, later);
  }

  /** @param own the answer's own token @param others the other listed ones */
  private divide(own: Candidate, others: readonly Candidate[], later: readonly PlacedToken[]): Division | null {
    const candidates = [own, ...others];
    const listed = sum(candidates.map(({ probability }) => probability));
    const all = massOf(candidates, (labels) => labels.length > 0);
    if (!(all > 0 && listed <= 1 + rounding)) return null;
    const rest = Math.max(leastRest, 1 - listed);
    const ofLabel = (position: number) => massOf(candidates, (labels) => isSame(labels, [position]));
    const shares = this.folded.map((_, position) => ofLabel(position) / all);
    const open = massOf(others, (labels) => labels.length > 1 && labels.includes(this.label));
    const certain = ofLabel(this.label);
    const bounds = (low: number, high: number) => ({
      low: (certain + low) / (all + rest),
      high: Math.min(1, (certain + high + open + rest) / (all + rest)),
    });
    if (own.labels.length === 1) return { shares, ...bounds(0, 0), mass: Math.min(1, all) };
    const inside = this.divideFrom(later, own.labels);
    if (!inside) return null;
    const divided = massOf(candidates, (labels) => isSame(labels, own.labels));
    return {
      shares: shares.map((share, position) => share + (divided / all) * (inside.shares[position] ?? 0)),
      ...bounds(own.probability * inside.low, own.probability * inside.high),
      mass: Math.min(1, all - divided + divided * inside.mass),
    };
  }

  /** The labels that may come after the answer's own token; its bytes are those of the answer. */
  private ownLabels({ start, bytes }: PlacedToken): LabelSet {
    const end = start + bytes.length;
    const prefix = this.text.slice(this.start, end);
    if (end === start) return completeLabels(prefix, this.folded);
    return labelsAfter(prefix + bytes.slice(Math.max(0, this.text.length - start)), this.folded);
  }

  private labelsOf(prefix: Bytes, bytes: Bytes): LabelSet {
    if (prefix === '') return labelsAtStart(bytes, this.folded);
    return bytes === '' ? completeLabels(prefix, this.folded) : labelsAfter(prefix + bytes, this.folded);
  }

  /** The listed tokens other than the answer's own: the one that looks like it, and is as likely. */
  private othersAt({ token, bytes }: PlacedToken): readonly TokenProbability[] {
    const distance = (one: TokenProbability) => Math.abs(one.logprob - token.logprob);
    const [own] = token.alternatives
      .filter((one) => this.read(one) === bytes)
      .sort((one, other) => distance(one) - distance(other));
    // Different tokens look alike where bytes are lost.
    if (!own || (bytes.includes(lostByte) && distance(own) > sameLogprob)) return token.alternatives;
    return token.alternatives.filter((one) => one !== own);
  }
}

function probabilityOf({ logprob }: TokenProbability): number {
  return Math.exp(logprob);
}

function isSame(one: LabelSet, other: LabelSet): boolean {
  return one.length === other.length && one.every((label) => other.includes(label));
}

function massOf(candidates: readonly Candidate[], accept: (labels: LabelSet) => boolean): number {
  return sum(candidates.filter(({ labels }) => accept(labels)).map(({ probability }) => probability));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
