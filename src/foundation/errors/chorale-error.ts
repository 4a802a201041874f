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
export interface ErrorCatalogue extends Readonly<typeof commonErrors> {}

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

type ErrorClass = abstract new (...args: never[]) => unknown;

/**
 * What `instanceof` does for the error classes. Its type leaves the parameters of a generic class `unknown`, or as their
 * constraints say; without it the compiler takes `any`.
 */
export function isInstance<C extends ErrorClass>(this: C, value: unknown): value is InstanceType<C> {
  return Function.prototype[Symbol.hasInstance].call(this, value);
}

/** Base of the error classes: a name, a stable code, and plain-data fields from which the message is made. */
export abstract class ChoraleError extends Error implements CodedError {
  abstract readonly code: ErrorCode;

  static override readonly [Symbol.hasInstance] = isInstance;

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

/** Whether an error says that a call of this library was cancelled. Never throws. */
export function isCancellation(error: unknown): boolean {
  return entryOf(error)?.exitCode === 130;
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

export const commonErrors = defineErrors({
  CHORALE_DEFECT: { exitCode: 1, retryable: false, summary: 'A defect in chorale itself.' },
  CHORALE_RUN_TIMEOUT: { exitCode: 5, retryable: false, summary: 'The whole run took longer than it may.' },
  CHORALE_THRESHOLD_MISSED: {
    exitCode: 6,
    retryable: false,
    summary: 'A threshold was missed, or the baseline was better.',
  },
  CHORALE_INTERRUPTED: { exitCode: 130, retryable: false, summary: 'The run was interrupted (SIGINT or SIGTERM).' },
  CHORALE_USAGE: { exitCode: 2, retryable: false, summary: 'The command line is wrong.' },
  CHORALE_CONFIG: { exitCode: 2, retryable: false, summary: 'The configuration file is wrong.' },
  CHORALE_INVALID_OPTION: { exitCode: 2, retryable: false, summary: 'An option of a library call has a wrong value.' },
  CHORALE_UNKNOWN_OBSERVER: { exitCode: 2, retryable: false, summary: 'No observer is registered under this name.' },
});

/** The command line is wrong: an unknown option, a nonsense value, a contradiction. */
export class UsageError extends ChoraleError {
  readonly code = 'CHORALE_USAGE';
}

/** The configuration file is wrong. */
export class ConfigError extends ChoraleError {
  readonly code = 'CHORALE_CONFIG';
  constructor(
    readonly path: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${path}: ${problem}`, options);
  }
}

/** An option of a library call has a wrong value, or a name that the call does not know. */
export class InvalidOptionError extends ChoraleError {
  readonly code = 'CHORALE_INVALID_OPTION';
  constructor(
    readonly option: string,
    readonly rule: string,
    readonly value: unknown,
    message = `option ${option} must be ${rule}, but is ${describeValue(value)}`,
  ) {
    super(message);
  }
}

/** No observer is registered under this name. */
export class UnknownObserverError extends ChoraleError {
  readonly code = 'CHORALE_UNKNOWN_OBSERVER';
  constructor(
    readonly observer: string,
    readonly known: readonly string[],
  ) {
    super(`unknown observer: ${observer} (known: ${known.join(', ')})`);
  }
}

/** Shortens a value in a message: it may be very long, and private. */
const longestText = 80;

function describeText(text: string): string {
  if (text.length <= longestText) return `'${text}' (string)`;
  return `'${text.slice(0, longestText)}…' (string of ${text.length} characters)`;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return describeText(value);
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return `${String(value)} (${typeof value})`;
}

/** The whole run took longer than it may. */
export class RunTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_RUN_TIMEOUT';
  constructor(
    /** The limit, in milliseconds. */
    readonly afterMs: number,
  ) {
    super(`the run was stopped after ${afterMs} ms, its timeout`);
  }
}

/** The run was interrupted by a person or the system. */
export class InterruptedError extends ChoraleError {
  readonly code = 'CHORALE_INTERRUPTED';
  constructor(readonly signalName: string) {
    super(`interrupted by ${signalName}`);
  }
}

/** A threshold was missed, or the baseline was significantly better. */
export class ThresholdMissedError extends ChoraleError {
  readonly code = 'CHORALE_THRESHOLD_MISSED';
  constructor(readonly missed: readonly string[]) {
    super(`threshold missed: ${missed.join('; ')}`);
  }
}

/** A defect in chorale itself. */
export class DefectError extends ChoraleError {
  readonly code = 'CHORALE_DEFECT';
  constructor(cause: unknown) {
    super(`a defect in chorale: ${messageOf(cause)}`, { cause });
  }
}

/** An option that a remedy names, with a value to give it. */
export interface OptionHint {
  readonly option: string;
  readonly value?: string | undefined;
  /** What stands there for a caller of the library. @default the name, and the value after an equals sign */
  readonly inLibrary?: string | undefined;
}

/**
 * What to do about a failure: a text, or parts of a text between which options stand as data, as in
 * `['start the server, or name another with ', { option: 'host' }]`.
 */
export type Remedy = string | readonly (string | OptionHint)[];

/** What the reader of results must know, in the same form. */
export type Warning = Remedy;

/** Writes an option, as in `--host`. */
export type SpellOption = (hint: OptionHint) => string;

/** A remedy for people. @param spell @default what stands there for a caller of the library */
export function renderRemedy(remedy: Remedy, spell: SpellOption = nameAndValue): string {
  if (typeof remedy === 'string') return remedy;
  return remedy.map((part) => (typeof part === 'string' ? part : spell(part))).join('');
}

/** The message of whatever was thrown, with the options of its remedy spelled. Never throws. */
export function spelledMessage(error: unknown, spell: SpellOption | undefined): string {
  const message = messageOf(error);
  if (!spell || !isCodedError(error) || !('remedy' in error) || !Array.isArray(error.remedy)) return message;
  const remedy: Exclude<Remedy, string> = error.remedy;
  return message.replace(renderRemedy(remedy), () => renderRemedy(remedy, spell));
}

function nameAndValue({ option, value, inLibrary }: OptionHint): string {
  return inLibrary ?? (value === undefined ? option : `${option}=${value}`);
}
