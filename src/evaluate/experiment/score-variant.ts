import type { TokenPrice } from '../../analysis/cost.js';
import {
  ConfusionMatrix,
  type ScoreOptions,
  scoreConfusion,
} from '../../foundation/statistics/classification-scores.js';
import { macroF1Interval } from '../../foundation/statistics/macro-f1-interval.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import { confidenceScores } from './confidence-scores.js';
import { optionNames } from './experiment-plan.js';
import type { LabelledRows } from './labelled-rows.js';
import { stabilityOf } from './stability-of.js';
import type { VariantRecord } from './variant-record.js';
import type { QualityMetrics, VariantResult } from './variant-result.js';

/** What the figures of a variant are made with. */
export interface ScoringOptions {
  /** How often the intervals are to hold the true value. */
  readonly confidence: number;
  readonly price: TokenPrice | undefined;
}

/** The figures of one variant. */
export function scoreVariant(record: VariantRecord, data: LabelledRows, options: ScoringOptions): VariantResult {
  const { variant, failure } = record;
  const confusion = confusionOf(record, data);
  const { confidence } = options;
  const answered = record.rounds[0]?.answered ?? 0;
  return {
    name: variant.name,
    provider: record.provider,
    model: record.model,
    prompt: record.promptId,
    server_version: record.serverVersion,
    model_digest: record.digest,
    options: optionsOf(record),
    runs: [...record.runs],
    problem: failure ? { code: failure.code, message: failure.message } : null,
    rows: failure ? 0 : data.rows.length,
    answered,
    failed: failure ? 0 : data.rows.length - answered,
    success_rate: failure || data.rows.length === 0 ? null : answered / data.rows.length,
    cached: record.cached,
    ...qualityOf(confusion, { failures: 'left-out', confidence }),
    failures_as_wrong: qualityOf(confusion, { failures: 'wrong', confidence }),
    confusion: { labels: confusion.labels, counts: confusion.counts, unanswered: confusion.unanswered },
    confidence: confidenceScores(record.rounds[0], data),
    stability: stabilityOf(record.rounds, data),
    ...effortOf(record, options.price),
    errors: record.errors(),
  };
}

function confusionOf({ rounds }: VariantRecord, { labels, rows }: LabelledRows): ConfusionMatrix {
  const matrix = new ConfusionMatrix(labels);
  const [first] = rounds;
  if (first) for (const [position, { expected }] of rows.entries()) matrix.add(expected, first.answerAt(position));
  return matrix;
}

function qualityOf(confusion: ConfusionMatrix, options: ScoreOptions): QualityMetrics {
  const scores = scoreConfusion(confusion, options);
  const { accuracy, accuracyInterval, rows, macroF1, weightedF1, balancedAccuracy, kappa, matthews, classes } = scores;
  return {
    accuracy: { value: accuracy, ...accuracyInterval, rows },
    macro_f1: macroF1,
    macro_f1_interval: macroF1Interval(confusion, seededRandom(1), options),
    majority_baseline: scores.majorityBaseline,
    weighted_f1: weightedF1,
    balanced_accuracy: balancedAccuracy,
    kappa,
    mcc: matthews,
    classes: Object.fromEntries(classes.map(({ label, ...figures }) => [label, figures])),
  };
}

function effortOf(record: VariantRecord, price: TokenPrice | undefined) {
  const { effort, counted, promptTokens, completionTokens } = record;
  const { latency, asked, askedMs } = effort;
  const [prompt, completion] = counted === 0 ? [null, null] : [promptTokens / counted, completionTokens / counted];
  return {
    latency_ms: { mean: latency.mean, p50: latency.quantile(0.5), p95: latency.quantile(0.95) },
    reviews_per_second: asked > 0 && askedMs > 0 ? (asked / askedMs) * 1_000 : null,
    tokens: {
      prompt: counted === 0 ? null : promptTokens,
      completion: counted === 0 ? null : completionTokens,
      per_review: prompt === null ? null : prompt + (completion ?? 0),
    },
    cost:
      price && prompt !== null
        ? {
            per_1000_reviews: (prompt * price.promptPerMillion + completion * price.completionPerMillion) / 1_000,
            currency: price.currency,
          }
        : null,
  };
}

function optionsOf({ variant }: VariantRecord): Readonly<Record<string, number>> {
  const given = Object.entries(optionNames).flatMap(([name, key]) => {
    const value = variant.options[key];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}
