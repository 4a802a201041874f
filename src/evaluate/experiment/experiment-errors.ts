import { ChoraleError, defineErrors } from '../../foundation/errors/chorale-error.js';
import { type Remedy, renderRemedy } from '../../foundation/errors/remedy.js';

export const experimentErrors = defineErrors({
  CHORALE_EXPERIMENT: {
    exitCode: 2,
    retryable: false,
    summary: 'An experiment cannot be done with these rows or variants.',
  },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof experimentErrors> {}
}

/** An experiment cannot be done with these rows or variants. Nothing was asked. */
export class ExperimentError extends ChoraleError {
  readonly code = 'CHORALE_EXPERIMENT';
  constructor(
    readonly problem: string,
    /** What mends it. */
    readonly remedy: Remedy,
  ) {
    super(`${problem}; ${renderRemedy(remedy)}`);
  }
}
