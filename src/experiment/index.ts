export { type AnswerPair, AnswerTable } from './answer-table.js';
export { acceptsFailures, type Check } from './check.js';
export { type BaselineResult, compareBaseline } from './compare-baseline.js';
export { type ExperimentPlan, optionNames, planVariants, type Variant } from './experiment-plan.js';
export type { DataFigures, DividingRow, DoubtfulLabel, ExperimentResult } from './experiment-result.js';
export { figureNames, figuresByName } from './figure-names.js';
export type { GridProgress } from './grid-progress.js';
export type { LabelledRow } from './labelled-row.js';
export { type LabelledRows, labelRows, type RowChoice } from './labelled-rows.js';
export type { PairedDifference, PairResult } from './pair-result.js';
export type { PromptFigures } from './prompt-tally.js';
export { type PromptTrial, type PromptTrialOptions, type TrialCandidate, tryPrompts } from './prompt-trial.js';
export { type Experiment, type ExperimentOptions, runExperiment } from './run-experiment.js';
export type { ExperimentStore } from './run-round.js';
export {
  type FewShotSearch,
  prepareSearch,
  type SearchOptions,
  searchFewShot,
  searchQuestions,
} from './search-few-shot.js';
export type { CandidateResult, SearchResult, ValidationResult } from './search-result.js';
export { type SplitName, splitNames, splitOf } from './split.js';
export type {
  ClassFigures,
  ConfidenceFigures,
  QualityFigures,
  ShareFigure,
  StabilityFigures,
  VariantResult,
} from './variant-result.js';
