/// <reference types="node" preserve="true" />
export type {
  AdjustedBest,
  BothAnswered,
  ClassMetrics,
  ConfidenceMetrics,
  Disagreement,
  PairedDifference,
  PairResult,
  ProportionMetric,
  QualityMetrics,
  SuspectedLabelError,
} from './experiment/comparison-result.js';
export type { DataMetrics, StabilityMetrics } from './experiment/experiment-result.js';
export type { GridProgress } from './experiment/grid-progress.js';
export { type RowChoice, type SplitName, splitOf } from './experiment/labelled-rows.js';
export type { ExperimentStore } from './experiment/run-round.js';
export type { AnswerPair, AnswerTable } from './experiment/variant-answers.js';
export {
  type CandidateResult,
  type FewShotSearch,
  type SearchOptions,
  type SearchResult,
  searchFewShot,
  type ValidationResult,
} from './few-shot-search.js';
export { ComparisonError } from './predictions/predictions.js';
