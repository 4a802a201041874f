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
import type { AnswerScores, ConfidenceMetrics, QualityMetrics } from './comparison-result.js';
import type { GoldRows } from './labelled-rows.js';
import type { RoundAnswers } from './variant-answers.js';

/** How the answers of one classifier are scored. */
export interface AnswerScoring {
  /** Confidence level of the intervals. */
  readonly confidence: number;
  /** Of the simulations behind the calibration error. */
  readonly seed: number;
}

/** The metrics of one classifier by its answers. Without answers every row failed. */
export function scoreAnswers(
  name: string,
  answers: RoundAnswers | undefined,
  data: GoldRows,
  options: AnswerScoring,
): AnswerScores {
  const confusion = confusionOf(answers, data);
  const { confidence } = options;
  const { length: rows } = data.rows;
  const answered = answers?.answered ?? 0;
  const quality = qualityMetrics(confusion, { failures: 'wrong', confidence });
  return {
    name,
    rows,
    answered,
    failed: rows - answered,
    success_rate: rows === 0 ? null : answered / rows,
    constant: constantAnswer(confusion),
    ...quality,
    failures_as_wrong: quality,
    answered_only: qualityMetrics(confusion, { failures: 'left-out', confidence }),
    confusion: { labels: confusion.labels, counts: confusion.counts, unanswered: confusion.unanswered },
    confidence: confidenceScores(answers, data, options),
  };
}

function confusionOf(answers: RoundAnswers | undefined, { labels, rows }: GoldRows): ConfusionMatrix {
  const matrix = new ConfusionMatrix(labels);
  if (answers) for (const [position, { expected }] of rows.entries()) matrix.add(expected, answers.answerAt(position));
  return matrix;
}

/** The label of all answers; null if there are several, or none. */
function constantAnswer({ labels, counts }: ConfusionMatrix): string | null {
  const given = labels.filter((_, column) => counts.some((row) => (row[column] ?? 0) > 0));
  return given.length === 1 ? (given[0] ?? null) : null;
}

function qualityMetrics(confusion: ConfusionMatrix, options: ScoreOptions): QualityMetrics {
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

function confidenceScores(
  answers: RoundAnswers | undefined,
  { labels, rows }: GoldRows,
  { confidence: confidenceLevel, seed }: AnswerScoring,
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
