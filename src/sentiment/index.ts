export { type Analysis, type AnalyzeReviewsOptions, analyzeReviews, type ReviewInput } from './analyze-reviews.js';
export type { Cost, TokenPrice } from './cost.js';
export { type Review, type ReviewResult, resultFields } from './review.js';
export {
  type ReviewOutcome,
  type ReviewStream,
  type StreamReviewsOptions,
  streamReviews,
} from './stream-reviews.js';
export type { FailureCount, LatencySummary, Summary } from './summary.js';
