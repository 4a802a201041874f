import type { AnswerScores, ClassMetrics, QualityMetrics } from './comparison-result.js';
import type { VariantResult } from './experiment-result.js';

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

/** The same of a classifier of which nothing but its answers is known. */
export function answerMetricsByName(scores: AnswerScores): ReadonlyMap<string, number | null> {
  const { confusion: _, constant: __, ...metrics } = scores;
  return new Map(numbersIn(metrics, ''));
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
    ...['failures_as_wrong', 'answered_only'].flatMap((rows) => quality.map((name) => `${rows}.${name}`)),
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
