import { isCodedError, messageOf, nameOf } from '../errors/chorale-error.js';

/** How a `*.complete` tells that something failed. */
export interface Failure {
  readonly error: boolean;
  readonly error_type?: string;
  readonly message?: string;
}

/**
 * The keys by which a `*.complete` event tells whether something failed.
 * @param failed for values that may themselves be `undefined`, as in `throw undefined`
 */
export function failureOf(error: unknown, failed = error !== undefined): Failure {
  if (!failed) return { error: false };
  const error_type = isCodedError(error) ? error.code : nameOf(error);
  return { error: true, error_type, message: messageOf(error) };
}
