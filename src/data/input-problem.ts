import { InputError, type Place, RowError } from './data-errors.js';
import { escapeControls } from './escape-controls.js';

/** An InputError whose message is one line, whatever the path and the problem contain. */
export function inputProblem(
  place: Place,
  problem: string,
  options?: { readonly cause?: unknown; readonly encoding?: string | null | undefined },
): InputError {
  return new InputError({ ...place, path: escapeControls(place.path) }, escapeControls(problem), options);
}

/** A RowError whose message is one line, whatever the path and the problem contain. */
export function rowProblem(place: Place, problem: string): RowError {
  return new RowError({ ...place, path: escapeControls(place.path) }, escapeControls(problem));
}
