import type { ModelUsage } from '../model/model.js';
import { combineFields } from './fields/combine-fields.js';
import { type FieldSpec, type FieldValues, labelField } from './fields/field-spec.js';
import type { LongHandling } from './long-texts/long-strategy.js';
import type { ParsedAnswer } from './parse-answer.js';

/** What the agent says about a text. */
export interface Prediction extends ParsedAnswer {
  /**
   * The label's probability relative to that of all labels, or what the provider itself reports, 0 to 1; null if the
   * model gives neither, and where tokens that it does not list could change it by more than 0.05.
   */
  readonly confidence: number | null;
  /** The same for each of the agent's labels, in their order, for calibration; at most 1 together. */
  readonly labelShares: readonly number[] | null;
  /** The probability of all labels together, 0 to 1; near 0 if the model did not want to answer with a label. */
  readonly labelMass: number | null;
  readonly usage: ModelUsage;
  /** Time in the server's queue, in milliseconds; null if the server does not report it. */
  readonly queueMs: number | null;
  /** How a text that did not fit was handled; undefined if it did fit. */
  readonly long?: LongHandling;
}

/** The prediction of one chunk, and the length of the chunk in characters. */
export interface ChunkPrediction {
  readonly prediction: Prediction;
  readonly length: number;
}

/**
 * Combines the predictions of the chunks of a text, weighted by length: the mean of the label probabilities where each
 * chunk has a confidence, else a vote without a confidence. Of equal labels the one with the longest chunk wins, then the
 * first one. A sum with an unknown summand is unknown.
 * @param chunks one at least
 * @param fields those of the answers; the label is one of them
 */
export function combinePredictions(
  chunks: readonly ChunkPrediction[],
  labels: readonly string[],
  fields: readonly FieldSpec[] | null = null,
): Prediction {
  const predictions = chunks.map(({ prediction }) => prediction);
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  const isConfident = labels.length > 0 && predictions.every(({ confidence }) => confidence !== null);
  const shares = labels.map((label, position) =>
    chunks.reduce((sum, { prediction, length }) => {
      const isOwn = prediction.label === label ? 1 : 0;
      const share = prediction.labelShares?.[position] ?? isOwn * (prediction.confidence ?? 0);
      return sum + (length / total) * (isConfident ? share : isOwn);
    }, 0),
  );
  const best = bestLabel(chunks, labels, shares);
  const rationales = predictions.flatMap(({ rationale }) => rationale ?? []);
  const label = labels[best] ?? '';
  return {
    label,
    fields: fields && fieldsOf(chunks, fields, label),
    rationale: rationales.length > 0 ? rationales.join(' … ') : null,
    confidence: isConfident ? Math.min(1, shares[best] ?? 0) : null,
    labelShares: predictions.every(({ labelShares }) => labelShares) ? shares : null,
    labelMass: sumOf(chunks.map(({ prediction: { labelMass }, length }) => labelMass && (length / total) * labelMass)),
    usage: {
      promptTokens: sumOf(predictions.map(({ usage }) => usage.promptTokens)),
      completionTokens: sumOf(predictions.map(({ usage }) => usage.completionTokens)),
    },
    queueMs: sumOf(predictions.map(({ queueMs }) => queueMs)),
  };
}

function fieldsOf(chunks: readonly ChunkPrediction[], fields: readonly FieldSpec[], label: string | null): FieldValues {
  const parts = chunks.map(({ prediction, length }) => ({ fields: prediction.fields ?? {}, length }));
  const combined = combineFields(parts, fields);
  const name = labelField(fields)?.name;
  return name === undefined ? combined : { ...combined, [name]: label };
}

/** Shares that differ by rounding only are equal. */
const rounding = 1e-9;

function bestLabel(chunks: readonly ChunkPrediction[], labels: readonly string[], shares: readonly number[]): number {
  const greatest = Math.max(...shares);
  const equals = [...labels.keys()].filter((position) => (shares[position] ?? 0) >= greatest - rounding);
  const longestOf = (position: number) =>
    Math.max(0, ...chunks.map(({ prediction, length }) => (prediction.label === labels[position] ? length : 0)));
  return equals.reduce((best, position) => (longestOf(position) > longestOf(best) ? position : best));
}

/** A sum with an unknown summand is unknown. */
export function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}
