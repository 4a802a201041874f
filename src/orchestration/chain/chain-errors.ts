import { ChoraleError, defineErrors, messageOf } from '../../foundation/errors/chorale-error.js';

export const chainErrors = defineErrors({
  CHORALE_CHAIN: { exitCode: 5, retryable: false, summary: 'A step of a chain failed.' },
  CHORALE_CHAIN_CANCELLED: { exitCode: 130, retryable: false, summary: 'A chain was cancelled.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof chainErrors> {}
}

/** How far a chain came. */
export interface ChainProgress<S = unknown> {
  /** The last good state; the initial one where no step was completed. */
  readonly state: S;
  /** Completed steps. */
  readonly steps: number;
  /** The initial state and the one after each completed step; absent where they were not captured. */
  readonly intermediate: readonly S[] | undefined;
}

/** A step of a chain failed. `cause` is what its processor threw. */
export class ChainError<T = unknown, S = unknown> extends ChoraleError implements ChainProgress<S> {
  readonly code: 'CHORALE_CHAIN' | 'CHORALE_CHAIN_CANCELLED' = 'CHORALE_CHAIN';
  readonly state: S;
  readonly steps: number;
  readonly intermediate: readonly S[] | undefined;

  constructor(
    /** 0-based position of the step at which the chain ended. */
    readonly stepIndex: number,
    readonly item: T,
    progress: ChainProgress<S>,
    override readonly cause: unknown,
    ending = 'failed',
  ) {
    super(`chain ${ending} at step ${stepIndex}: ${messageOf(cause)}`, { cause });
    this.state = progress.state;
    this.steps = progress.steps;
    this.intermediate = progress.intermediate;
  }
}

/** A chain was stopped by its caller, before or during the step `stepIndex`. `cause` is the signal's reason. */
export class ChainCancelledError<T = unknown, S = unknown> extends ChainError<T, S> {
  override readonly code = 'CHORALE_CHAIN_CANCELLED';

  constructor(stepIndex: number, item: T, progress: ChainProgress<S>, cause: unknown) {
    super(stepIndex, item, progress, cause, 'cancelled');
  }
}
