import { ModelResponseError } from '../../errors/index.js';

/** Spaces in a row at the end of an answer after which it is a loop and not an answer. */
const longest = 200;

/** @throws ModelResponseError where a growing answer is only adding white space */
export function refuseWhitespaceLoop(text: string): void {
  if (/\s$/.test(text) && text.length - text.trimEnd().length >= longest) {
    throw new ModelResponseError('the model repeats white space without end');
  }
}
