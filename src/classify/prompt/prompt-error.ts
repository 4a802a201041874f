import { ChoraleError, defineErrors } from '../../foundation/errors/chorale-error.js';

export const promptErrors = defineErrors({
  CHORALE_PROMPT: { exitCode: 2, retryable: false, summary: 'A prompt file is missing or wrong.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof promptErrors> {}
}

/** A prompt file is missing or wrong. */
export class PromptError extends ChoraleError {
  readonly code = 'CHORALE_PROMPT';
  constructor(
    readonly prompt: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`prompt ${prompt}: ${problem}`, options);
  }
}
