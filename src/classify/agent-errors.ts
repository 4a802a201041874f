import { ChoraleError, defineErrors } from '../foundation/errors/chorale-error.js';

export const agentErrors = defineErrors({
  CHORALE_ITEM_TIMEOUT: { exitCode: 5, retryable: false, summary: 'One review took longer than it may.' },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof agentErrors> {}
}

/** One text took longer than its time limit, which covers all attempts and the pauses between them. */
export class ItemTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_ITEM_TIMEOUT';
  constructor(
    /** The limit, in milliseconds. */
    readonly afterMs: number,
  ) {
    super(`no answer within ${afterMs} ms, all attempts included`);
  }
}
