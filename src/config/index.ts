export { parseDuration } from './duration.js';
export type { ExperimentFile } from './experiment-file.js';
export { defaultConfigFile, loadConfig } from './load-config.js';
export { loadExperiment } from './load-experiment.js';
export { type ProviderName, providerNames } from './provider-names.js';
export { parseRate } from './rate.js';
export {
  adaptiveCap,
  defaultHosts,
  defaultModels,
  defaultSettings,
  type GivenSettings,
  resolveSettings,
  type Settings,
} from './settings.js';
export { describeMiss, fieldOf, isOnSuccessRate, meets, parseThreshold, type Threshold } from './threshold.js';
export { findContradiction, parseVariantThreshold, type VariantThreshold } from './variant-threshold.js';
