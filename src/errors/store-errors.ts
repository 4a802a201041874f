import { ChoraleError } from './chorale-error.js';

/** A store cannot be opened, read or written. */
export class StoreError extends ChoraleError {
  readonly code = 'CHORALE_STORE';
  constructor(
    /** The file, or the name of a store that has none. */
    readonly path: string,
    readonly problem: string,
    /** What mends it. */
    readonly remedy: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${path}: ${problem}; ${remedy}`, options);
  }
}
