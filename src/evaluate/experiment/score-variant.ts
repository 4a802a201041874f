import type { TokenPrice } from '../../analysis/summary.js';
import { RepeatedAnswers } from '../../foundation/statistics/repeated-answers.js';
import { optionNames } from './experiment-plan.js';
import type { StabilityMetrics, VariantResult } from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
import { compareSample } from './repeated-sample.js';
import { scoreAnswers } from './score-answers.js';
import { speedOf } from './speed-metrics.js';
import type { RoundAnswers, VariantRecord } from './variant-answers.js';

interface ScoringOptions {
  /** Confidence level of the intervals. */
  readonly confidence: number;
  /** Samples of the bootstrap over the blocks. */
  readonly resamples: number;
  /** Of the simulations behind the calibration error, and of the bootstrap. */
  readonly seed: number;
  readonly price: TokenPrice | undefined;
}

/** The metrics of one variant. */
export function scoreVariant(record: VariantRecord, data: LabelledRows, options: ScoringOptions): VariantResult {
  const { variant, failure, rounds } = record;
  const scores = scoreAnswers(variant.name, rounds[0], data, options);
  return {
    ...scores,
    ...(failure && { rows: 0, failed: 0, success_rate: null }),
    provider: record.provider,
    model: record.model,
    prompt: record.promptId,
    server_version: record.serverVersion,
    model_digest: record.digest,
    options: optionsOf(record),
    runs: [...record.runs],
    problem: failure ? { code: failure.code, message: failure.message } : null,
    cached: record.cached,
    stability: stabilityOf(rounds, data),
    repeated_sample: record.sample
      ? compareSample(record, record.sample.record, record.sample.positions, options)
      : null,
    ...speedOf(record.effort, options),
    ...tokensOf(record, options.price),
    errors: record.errors(),
  };
}

function tokensOf(record: VariantRecord, price: TokenPrice | undefined) {
  const { counted, promptTokens, completionTokens } = record;
  const [prompt, completion] = counted === 0 ? [null, null] : [promptTokens / counted, completionTokens / counted];
  return {
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

/** Null if every row was requested once only. */
function stabilityOf(rounds: readonly RoundAnswers[], { rows }: LabelledRows): StabilityMetrics | null {
  if (rounds.length < 2) return null;
  const repeated = new RepeatedAnswers(rounds.length);
  for (const [position, { expected }] of rows.entries()) {
    repeated.add(
      expected,
      rounds.map((round) => round.answerAt(position)),
    );
  }
  return {
    repeats: rounds.length,
    changed: repeated.changed,
    changed_share: repeated.changedShare,
    mean_accuracy: repeated.accuracy,
    all_right_share: repeated.passAll(rounds.length),
    accuracies: rounds.map((round) => accuracyOf(round, rows)),
    variance: {
      total: repeated.variance?.total ?? null,
      sampling: repeated.variance?.sampling ?? null,
      model: repeated.variance?.model ?? null,
    },
  };
}

/** A row without an answer counts as wrong. */
function accuracyOf(round: RoundAnswers, rows: LabelledRows['rows']): number | null {
  const right = rows.filter(({ expected }, position) => round.answerAt(position) === expected).length;
  return rows.length === 0 ? null : right / rows.length;
}
