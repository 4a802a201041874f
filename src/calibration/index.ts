export { type Calibration, type CalibrationTarget, isFor } from './calibration.js';
export { type CalibrationRows, fitCalibration } from './fit-calibration.js';
export type { JudgedRow } from './fit-temperature.js';
export { contentOf, isHeldOut } from './is-held-out.js';
export { loadCalibration, type SavedCalibration, saveCalibration } from './saved-calibration.js';
export { SurestAccuracy } from './surest-accuracy.js';
export { temperShares } from './temper-shares.js';
