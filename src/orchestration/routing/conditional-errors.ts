import { ChoraleError, messageOf } from '../../foundation/errors/chorale-error.js';

/** The predicate, or the handler of the chosen route, failed. `cause` is what it threw. */
export class ConditionalError extends ChoraleError {
  readonly code = 'CHORALE_CONDITIONAL';
  constructor(
    /** The chosen route; null where the predicate failed. */
    readonly route: string | null,
    /** The routes that have a handler. */
    readonly known: readonly string[],
    override readonly cause: unknown,
  ) {
    const what = route === null ? 'the predicate' : `route '${route}'`;
    super(`${what} failed: ${messageOf(cause)} (known routes: ${known.join(', ') || 'none'})`, { cause });
  }
}
