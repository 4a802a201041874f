export {
  type FailureRule,
  type ScoreOptions,
  scoreConfusion,
} from './classification-scores.js';
export { cohenKappa } from './cohen-kappa.js';
export { comparePaired, type PairedComparison } from './compare-paired.js';
export { ConfusionMatrix, type ConfusionTable } from './confusion-matrix.js';
export { discordantOdds } from './discordant-odds.js';
export { exactMcNemar } from './exact-mcnemar.js';
export { holm } from './holm.js';
export type { Interval } from './interval.js';
export { macroF1Interval } from './macro-f1-interval.js';
export { normalQuantile } from './normal-quantile.js';
export { oneLabelAlone, oneLabelByGold, oneLabelByReference } from './one-label-answers.js';
export { pairedBootstrap } from './paired-bootstrap.js';
export { type PairedOutcomes, PairedTable } from './paired-table.js';
export { type ComparisonInWords, describeComparison } from './plain-sentence.js';
export { ProbabilityScores } from './probability-scores.js';
export { randomBinomial } from './random-binomial.js';
export { Reliability, type ReliabilityBin } from './reliability.js';
export { RepeatedAnswers } from './repeated-answers.js';
export { areaUnderRoc, type ConfidentAnswer, riskCoverage } from './risk-coverage.js';
export { rowsNeeded } from './rows-needed.js';
export { tangoInterval } from './tango-interval.js';
export { wilsonInterval } from './wilson-interval.js';
