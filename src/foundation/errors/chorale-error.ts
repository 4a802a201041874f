/** What holds for every failure of one kind. */
export interface ErrorEntry {
  /** Exit code of the command line when this failure ends a run. */
  readonly exitCode: number;
  /** Whether the request may succeed when it is sent again: `'once'` means one more time, with another seed. */
  readonly retryable: boolean | 'once';
  /** One sentence for people, used in `docs/errors.md`. */
  readonly summary: string;
}

/** Every failure that chorale reports, by its stable code. Each feature adds its entries beside its error classes. */
// biome-ignore lint/suspicious/noEmptyInterface: the features extend it.
export interface ErrorCatalogue {}

/** The stable code of a failure. */
export type ErrorCode = keyof ErrorCatalogue;

const entries = new Map<string, ErrorEntry>();

/** Declares the failures of a feature. */
export function defineErrors<const E extends Readonly<Record<`CHORALE_${string}`, ErrorEntry>>>(declared: E): E {
  for (const [code, entry] of Object.entries(declared)) entries.set(code, entry);
  return declared;
}

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

/** What the catalogue says of an error; undefined for one without a code of the catalogue. Never throws. */
export function entryOf(error: unknown): ErrorEntry | undefined {
  try {
    return error instanceof Error && 'code' in error ? entries.get(error.code as string) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is an error with a code of the catalogue. Never throws. */
export function isCodedError(value: unknown): value is CodedError {
  return entryOf(value) !== undefined;
}

/** The code of an error; an error without one is a failure of a processor. */
export function codeOf(error: unknown): ErrorCode {
  return isCodedError(error) ? error.code : 'CHORALE_TASK_FAILED';
}

/** Whether the same request may succeed when it is sent again, as often as the policy allows. */
export function isRetryable(error: unknown): boolean {
  return entryOf(error)?.retryable === true;
}

/** Whether an error is a wrong answer of a model that works, which is requested once more with another seed. */
export function isWorthAnotherSeed(error: unknown): boolean {
  return entryOf(error)?.retryable === 'once';
}

/** The message of whatever was thrown; a value without one as it prints. Never throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.message || error.name);
    return ownMessage(error) ?? String(error);
  } catch {
    return 'a value that cannot be printed';
  }
}

/** The name of an error; of anything else that was thrown, its type, as in `string`. Never throws. */
export function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return typeof error;
  }
}

/** Errors of another realm, and plain objects that look like errors. */
function ownMessage(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('message' in value)) return undefined;
  return typeof value.message === 'string' && value.message !== '' ? value.message : undefined;
}

/** The code that the system gives an error (`ENOENT`); undefined if it has none. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
