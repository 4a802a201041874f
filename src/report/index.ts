export { concludeComparison } from './conclude-comparison.js';
export { renderBytes } from './render-bytes.js';
export { renderCalibration } from './render-calibration.js';
export { renderComparison } from './render-comparison.js';
export { renderDiagnosis } from './render-diagnosis.js';
export { renderDifferences } from './render-differences.js';
export { renderDuration } from './render-duration.js';
export { rankVariants, renderExperiment } from './render-experiment.js';
export { renderJunit } from './render-junit.js';
export { renderExperimentMarkdown } from './render-markdown.js';
export { describeFigures, renderPromptTrial } from './render-prompt-trial.js';
export { renderRun } from './render-run.js';
export { renderRunList, shortRunId } from './render-run-list.js';
export { renderSearch } from './render-search.js';

export { renderSummary } from './render-summary.js';
export type { ComparisonView, RunEntry, RunView } from './run-views.js';
export { visible } from './visible.js';
export { wrapText } from './wrap-text.js';
