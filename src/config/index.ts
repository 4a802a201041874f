export { parseDuration } from './duration.js';
export { loadConfig } from './load-config.js';
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
export { fieldOf, meets, parseThreshold, type Threshold } from './threshold.js';
