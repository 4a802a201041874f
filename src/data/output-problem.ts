import { OutputError } from './data-errors.js';
import { escapeControls } from './escape-controls.js';

/** An OutputError whose message is one line, whatever the path and the problem contain. */
export function outputProblem(path: string, problem: string, options?: { readonly cause?: unknown }): OutputError {
  return new OutputError(escapeControls(path), escapeControls(problem), options);
}
