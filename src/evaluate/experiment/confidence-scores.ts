import {
  areaUnderRoc,
  type ConfidentAnswer,
  ProbabilityScores,
  Reliability,
  riskCoverage,
} from '../../foundation/statistics/probability-scores.js';
import type { LabelledRows } from './labelled-rows.js';
import type { RoundAnswers } from './round-answers.js';
import type { ConfidenceMetrics } from './variant-result.js';

/** How sure the answers were, and how right that was. */
export function confidenceScores(answers: RoundAnswers | undefined, { labels, rows }: LabelledRows): ConfidenceMetrics {
  const confident: ConfidentAnswer[] = [];
  const reliability = new Reliability();
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
    sum += confidence;
  }
  const risk = riskCoverage(confident);
  return {
    answers: confident.length,
    mean: confident.length === 0 ? null : sum / confident.length,
    brier: probabilities.brierScore,
    log_loss: probabilities.logLoss,
    expected_calibration_error: reliability.expectedCalibrationError,
    area_under_roc: areaUnderRoc(confident),
    area_under_risk_coverage: risk?.area ?? null,
    risk_coverage: risk?.curve ?? [],
    reliability: confident.length === 0 ? [] : reliability.bins,
  };
}
