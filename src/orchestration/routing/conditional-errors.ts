import { ChoraleError, defineErrors, messageOf } from '../../foundation/errors/chorale-error.js';

export const conditionalErrors = defineErrors({
  CHORALE_CONDITIONAL: { exitCode: 5, retryable: false, summary: 'A predicate or the handler of a route failed.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof conditionalErrors> {}
}

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
