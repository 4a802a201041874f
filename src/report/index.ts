export { renderCalibration } from './render-calibration.js';
export { renderDiagnosis } from './render-diagnosis.js';
export { renderDuration } from './render-duration.js';
export { renderSummary } from './render-summary.js';
