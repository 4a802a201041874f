import type { TokenPrice } from '../../analysis/summary.js';
import { CalibrationErrorTally } from '../../foundation/statistics/calibration-error.js';
import {
  ConfusionMatrix,
  type ScoreOptions,
  scoreConfusion,
} from '../../foundation/statistics/classification-scores.js';
import { macroF1Interval } from '../../foundation/statistics/macro-f1-interval.js';
import {
  areaUnderRoc,
  type ConfidentAnswer,
  ProbabilityScores,
  Reliability,
  riskCoverage,
} from '../../foundation/statistics/probability-scores.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import { RepeatedAnswers } from '../../foundation/statistics/repeated-answers.js';
import { optionNames } from './experiment-plan.js';
import type {
  ClassMetrics,
  ConfidenceMetrics,
  QualityMetrics,
  StabilityMetrics,
  VariantResult,
} from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
import { compareSample } from './repeated-sample.js';
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
    constant: constantAnswer(confusion),
    ...qualityOf(confusion, { failures: 'left-out', confidence }),
    failures_as_wrong: qualityOf(confusion, { failures: 'wrong', confidence }),
    confusion: { labels: confusion.labels, counts: confusion.counts, unanswered: confusion.unanswered },
    confidence: confidenceScores(record.rounds[0], data, options),
    stability: stabilityOf(record.rounds, data),
    repeated_sample: record.sample
      ? compareSample(record, record.sample.record, record.sample.positions, { confidence })
      : null,
    ...speedOf(record.effort, options),
    ...tokensOf(record, options.price),
    errors: record.errors(),
  };
}

function confusionOf({ rounds }: VariantRecord, { labels, rows }: LabelledRows): ConfusionMatrix {
  const matrix = new ConfusionMatrix(labels);
  const [first] = rounds;
  if (first) for (const [position, { expected }] of rows.entries()) matrix.add(expected, first.answerAt(position));
  return matrix;
}

/** The label of all answers; null if there are several, or none. */
function constantAnswer({ labels, counts }: ConfusionMatrix): string | null {
  const given = labels.filter((_, column) => counts.some((row) => (row[column] ?? 0) > 0));
  return given.length === 1 ? (given[0] ?? null) : null;
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
    classes: Object.fromEntries(classes.map(({ label, ...metrics }) => [label, metrics])),
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

function confidenceScores(
  answers: RoundAnswers | undefined,
  { labels, rows }: LabelledRows,
  { confidence: confidenceLevel, seed }: ScoringOptions,
): ConfidenceMetrics {
  const confident: ConfidentAnswer[] = [];
  const reliability = new Reliability();
  const calibrationError = new CalibrationErrorTally();
  const probabilities = new ProbabilityScores(labels);
  let sum = 0;
  for (const [position, { expected }] of rows.entries()) {
    const confidence = answers?.confidenceAt(position) ?? null;
    const shares = answers?.sharesAt(position) ?? null;
    if (shares !== null) probabilities.add(expected, shares);
    if (confidence === null) continue;
    const isRight = answers?.answerAt(position) === expected;
    confident.push({ confidence, isRight });
    reliability.add(confidence, isRight);
    calibrationError.add(confidence, isRight);
    sum += confidence;
  }
  const risk = riskCoverage(confident);
  const error = calibrationError.estimate({ confidence: confidenceLevel, seed });
  return {
    answers: confident.length,
    mean: confident.length === 0 ? null : sum / confident.length,
    brier: probabilities.brierScore,
    log_loss: probabilities.logLoss,
    expected_calibration_error: reliability.expectedCalibrationError,
    calibration_error_interval: error?.interval ?? { lower: null, upper: null },
    calibration_error_if_perfect: error?.ifPerfect ?? { mean: null, upper: null },
    area_under_roc: areaUnderRoc(confident),
    area_under_risk_coverage: risk?.area ?? null,
    risk_coverage: risk?.curve ?? [],
    reliability: confident.length === 0 ? [] : reliability.bins,
  };
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

/**
 * The numeric metrics of a variant by path, such as `macro_f1`, `accuracy.lower`, `classes.negative.recall`; null if one
 * is not known. A metric with an interval has its own name too.
 */
export function metricsByName(variant: VariantResult): ReadonlyMap<string, number | null> {
  const { confusion: _, options: __, problem: ___, server_version: ____, model_digest: _____, ...others } = variant;
  const { stability, repeated_sample: sample, cost, constant: ______, ...metrics } = others;
  const { run: _______, ...repeated_sample } = sample ?? {};
  const optional = {
    ...(stability ? { stability } : {}),
    ...(sample ? { repeated_sample } : {}),
    ...(cost ? { cost } : {}),
  };
  return new Map(numbersIn({ ...metrics, ...optional }, ''));
}

const intervalNames = ['lower', 'upper'];
const classNames = ['precision', 'recall', 'f1', 'support', 'predicted'] satisfies (keyof ClassMetrics)[];

const latencyNames = ['mean', 'p50', 'p95'];
const speedNames = [
  'blocks',
  ...['reviews_per_second', 'latency_p50'].flatMap((name) => intervalNames.map((end) => `${name}.${end}`)),
  ...['requests', 'gaps', 'ms', 'longer_than_ms'].map((name) => `stalls.${name}`),
  'without_stalls.reviews_per_second',
  ...latencyNames.map((name) => `without_stalls.latency_ms.${name}`),
];

function qualityNames(labels: readonly string[]): Readonly<Record<keyof QualityMetrics, readonly string[]>> {
  return {
    accuracy: ['', ...intervalNames, 'rows'],
    macro_f1: [''],
    macro_f1_interval: intervalNames,
    majority_baseline: [''],
    weighted_f1: [''],
    balanced_accuracy: [''],
    kappa: [''],
    mcc: [''],
    classes: labels.flatMap((label) => classNames.map((name) => `${label}.${name}`)),
  };
}

/** The names of all metrics that variants have with these labels. */
export function metricNames(labels: readonly string[], repeats: number): readonly string[] {
  const quality = namesIn(qualityNames(labels));
  const confidence = [
    ...['answers', 'mean', 'brier', 'log_loss', 'expected_calibration_error', 'area_under_roc'],
    ...intervalNames.map((end) => `calibration_error_interval.${end}`),
    ...['mean', 'upper'].map((name) => `calibration_error_if_perfect.${name}`),
  ];
  const stability = ['repeats', 'changed', 'changed_share', 'mean_accuracy', 'all_right_share'];
  return [
    ...['rows', 'answered', 'failed', 'success_rate', 'cached'],
    ...quality,
    ...quality.map((name) => `failures_as_wrong.${name}`),
    ...namesIn({
      confidence: [...confidence, 'area_under_risk_coverage'],
      latency_ms: latencyNames,
      reviews_per_second: [''],
      speed: speedNames,
      tokens: ['prompt', 'completion', 'per_review'],
      repeated_sample: repeats > 1 ? [] : ['rows', 'changed', 'changed_share', ...intervalNames],
      stability: repeats > 1 ? [...stability, 'variance.total', 'variance.sampling', 'variance.model'] : [],
      cost: ['per_1000_reviews'],
    }),
  ];
}

function namesIn(table: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(table).flatMap(([key, names]) => names.map((name) => (name === '' ? key : `${key}.${name}`)));
}

function numbersIn(value: object, prefix: string): readonly (readonly [string, number | null])[] {
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    const name = key === 'value' && prefix !== '' ? prefix : prefix === '' ? key : `${prefix}.${key}`;
    if (typeof field === 'number' || field === null) return [[name, field] as const];
    return typeof field === 'object' && !Array.isArray(field) ? numbersIn(field ?? {}, name) : [];
  });
}
