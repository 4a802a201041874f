export { cohenKappa } from './cohen-kappa.js';
export { exactMcNemar } from './exact-mcnemar.js';
