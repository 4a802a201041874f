import { ChoraleError } from '../../foundation/errors/chorale-error.js';

/** An experiment cannot be done with these rows or variants. Nothing was asked. */
export class ExperimentError extends ChoraleError {
  readonly code = 'CHORALE_EXPERIMENT';
  constructor(
    readonly problem: string,
    /** What mends it. */
    readonly remedy: string,
  ) {
    super(`${problem}; ${remedy}`);
  }
}
