export { renderCalibration } from './render-calibration.js';
export { renderComparison } from './render-comparison.js';
export { renderDiagnosis } from './render-diagnosis.js';
export { renderDuration } from './render-duration.js';
export { renderRun } from './render-run.js';
export { renderRunList, shortRunId } from './render-run-list.js';
export { renderSummary } from './render-summary.js';
export type { ComparisonView, FailureView, RunEntry, RunView } from './run-views.js';
export { visible } from './visible.js';
