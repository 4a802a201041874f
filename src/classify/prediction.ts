import type { ModelUsage } from '../model/model.js';
import type { LongHandling } from './long-texts/long-strategy.js';
import type { ParsedAnswer } from './parse-answer.js';

/** What the agent says about a text. */
export interface Prediction extends ParsedAnswer {
  /**
   * The label's share of the probability of all labels, or what the provider itself says, 0 to 1; null where the model
   * gives neither, and where what it does not list could move the share by more than 0.05.
   */
  readonly confidence: number | null;
  /** The same for each of the agent's labels, in their order, for calibration; at most 1 together. */
  readonly labelShares: readonly number[] | null;
  /** The probability of all labels together, 0 to 1: next to nothing where the model did not want to say one. */
  readonly labelMass: number | null;
  readonly usage: ModelUsage;
  /** Waiting in the server's queue, in milliseconds; null where the server does not tell. */
  readonly queueMs: number | null;
  /** What was done because the text did not fit; undefined where it did. */
  readonly long?: LongHandling;
}

/** What was judged of one part of a text. */
export interface ChunkPrediction {
  readonly label: string;
  readonly rationale: string | null;
  readonly confidence: number | null;
  /** The share of each label in the probability of all, in their order, where the model gave them. */
  readonly labelShares?: readonly number[] | null;
  /** The probability of all labels together, where the model gave it. */
  readonly labelMass?: number | null;
  readonly usage: ModelUsage;
  readonly queueMs: number | null;
}

/** A part and its length, in characters. */
export interface WeighedPart<J extends ChunkPrediction> {
  readonly judgement: J;
  readonly length: number;
}

/**
 * One judgement of the parts of a text, each as important as it is long.
 *
 * Where all parts have a confidence, each label gets the mean of its shares of probability; a part that tells the share
 * of its own label only counts for that one. The label with the greatest mean is the text's, and the mean is its
 * confidence. Otherwise each part votes for its label, and there is no confidence. Of equals wins the label of the longest
 * part among theirs, then the one that comes first in the label set. Rationales are put one behind the other, tokens and
 * queue times added up, label masses averaged; a sum with something unknown in it is not known.
 * @param parts one at least
 */
export function combineParts<J extends ChunkPrediction>(
  parts: readonly WeighedPart<J>[],
  labels: readonly string[],
): Required<ChunkPrediction> {
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  const areSure = parts.every(({ judgement }) => judgement.confidence !== null);
  const labelShares = labels.map((label, position) =>
    parts.reduce((sum, part) => sum + (part.length / total) * voteOf(part.judgement, label, position, areSure), 0),
  );
  const best = bestLabel(parts, labels, labelShares);
  const judgements = parts.map(({ judgement }) => judgement);
  const rationales = judgements.flatMap(({ rationale }) => (rationale === null ? [] : [rationale]));
  return {
    label: labels[best] ?? '',
    rationale: rationales.length > 0 ? rationales.join(' … ') : null,
    confidence: areSure ? Math.min(1, labelShares[best] ?? 0) : null,
    labelShares: parts.every(({ judgement }) => judgement.labelShares) ? labelShares : null,
    labelMass: meanMass(parts, total),
    usage: {
      promptTokens: sumOf(judgements.map(({ usage }) => usage.promptTokens)),
      completionTokens: sumOf(judgements.map(({ usage }) => usage.completionTokens)),
    },
    queueMs: sumOf(judgements.map(({ queueMs }) => queueMs)),
  };
}

function voteOf(judgement: ChunkPrediction, label: string, position: number, areSure: boolean): number {
  const isOwn = judgement.label === label ? 1 : 0;
  if (!areSure) return isOwn;
  return judgement.labelShares?.[position] ?? isOwn * (judgement.confidence ?? 0);
}

/** Null where one part has none. */
function meanMass(parts: readonly WeighedPart<ChunkPrediction>[], total: number): number | null {
  return parts.reduce<number | null>((sum, { judgement: { labelMass }, length }) => {
    return sum === null || labelMass == null ? null : sum + (length / total) * labelMass;
  }, 0);
}

/** Shares that differ by no more than rounding are equal. */
const rounding = 1e-9;

function bestLabel(
  parts: readonly WeighedPart<ChunkPrediction>[],
  labels: readonly string[],
  shares: readonly number[],
): number {
  const greatest = Math.max(...shares);
  const equals = [...labels.keys()].filter((position) => (shares[position] ?? 0) >= greatest - rounding);
  const longestOf = (position: number) =>
    Math.max(0, ...parts.filter(({ judgement }) => judgement.label === labels[position]).map(({ length }) => length));
  return equals.reduce((best, position) => (longestOf(position) > longestOf(best) ? position : best));
}

function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}
