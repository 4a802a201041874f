export { type Analysis, type AnalyzeReviewsOptions, analyzeReviews, type ReviewInput } from './analyze-reviews.js';
export { type CalibrationRun, calibrateReviews } from './calibrate-reviews.js';
export {
  compareRuns,
  type RightnessComparison,
  type RowPair,
  type RowVerdict,
  type RunComparison,
} from './compare-runs.js';
export type { Cost, TokenPrice } from './cost.js';
export { type DifferingPart, differingParts } from './differing-parts.js';
export { FailureCounts } from './failure-counts.js';
export { fingerprintChanges, fingerprintOf } from './fingerprint.js';
export { GoldLabels, ValuesOutside } from './gold-labels.js';
export { baselineWarnings, type QualitySummary } from './label-comparison.js';
export { LabelContradictions } from './label-contradictions.js';
export type { LongReviewsSummary } from './long-reviews.js';
export { oneLabelWarningByGold } from './one-label-warning.js';
export { queueWarning } from './queue-warning.js';
export type { RecordedRun } from './recorded-run.js';
export { RepeatedIds } from './repeated-ids.js';
export { type Review, type ReviewResult, resultFields, resultTypes } from './review.js';
export {
  calibrationTarget,
  type ReviewOutcome,
  type ReviewStream,
  type StreamReviewsOptions,
  streamReviews,
} from './stream-reviews.js';
export type { ConfidenceSummary, FailureCount, LatencySummary, Summary } from './summary.js';
