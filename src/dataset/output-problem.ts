import { OutputError } from '../errors/index.js';
import { oneLine } from './one-line.js';

/** An OutputError whose message is one line, whatever the path and the problem contain. */
export function outputProblem(path: string, problem: string, options?: { readonly cause?: unknown }): OutputError {
  return new OutputError(oneLine(path), oneLine(problem), options);
}
