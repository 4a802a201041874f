export { cleanLabel, foldName, isBlank } from './visible-text.js';
