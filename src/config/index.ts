export { parseDuration } from './duration.js';
export { loadConfig } from './load-config.js';
export { parseRate } from './rate.js';
export { defaultSettings, type GivenSettings, resolveSettings, type Settings } from './settings.js';
export { fieldOf, meets, parseThreshold, type Threshold } from './threshold.js';
