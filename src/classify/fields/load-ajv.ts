import formats from 'ajv-formats';

export { Ajv } from 'ajv';
export { Ajv2020 } from 'ajv/dist/2020.js';

/** Adds formats such as `date` and `email`. */
export const addFormats = formats.default;
