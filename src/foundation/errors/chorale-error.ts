import { type ErrorCode, errorCatalogue } from './catalogue.js';

/** An error that carries a code of the catalogue. */
export interface CodedError extends Error {
  readonly code: ErrorCode;
}

/** Base of the error classes: a name, a stable code, and plain-data fields from which the message is made. */
export abstract class ChoraleError extends Error implements CodedError {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Whether a value is an error with a code of the catalogue. Never throws, whatever the value. */
export function isCodedError(value: unknown): value is CodedError {
  try {
    return value instanceof Error && 'code' in value && isErrorCode(value.code);
  } catch {
    return false;
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCatalogue, code);
}

/** The code of an error; anything without one is a failure of somebody's processor. */
export function codeOf(error: unknown): ErrorCode {
  return isCodedError(error) ? error.code : 'CHORALE_TASK_FAILED';
}

/** Whether the same request may succeed when it is sent again, as often as the policy allows: a property of the code. */
export function isRetryable(error: unknown): boolean {
  return isCodedError(error) && errorCatalogue[error.code].retryable === true;
}

/** Whether an error is a wrong answer of a model that works, which is asked once more with another seed. */
export function isWorthAnotherSeed(error: unknown): boolean {
  return isCodedError(error) && errorCatalogue[error.code].retryable === 'once';
}

/** The message of whatever was thrown; values without one are named as they print. Never throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.message || error.name);
    return ownMessage(error) ?? String(error);
  } catch {
    return 'a value that cannot be printed';
  }
}

/** The name of an error; of anything else that was thrown, its kind, as in `string`. Never throws. */
export function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return typeof error;
  }
}

/** Errors of another realm, and plain objects that look like one. */
function ownMessage(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('message' in value)) return undefined;
  return typeof value.message === 'string' && value.message !== '' ? value.message : undefined;
}
