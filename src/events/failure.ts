import { isCodedError, messageOf } from '../errors/index.js';

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
  return { error: true, error_type: typeOf(error), message: messageOf(error) };
}

function typeOf(error: unknown): string {
  if (isCodedError(error)) return error.code;
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return typeof error;
  }
}
