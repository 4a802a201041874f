export { listChoices } from './list-choices.js';
export { cleanLabel, foldName, isBlank } from './visible-text.js';
