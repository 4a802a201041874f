export { renderCalibration } from './render-calibration.js';
export { renderDuration } from './render-duration.js';
export { renderSummary } from './render-summary.js';
