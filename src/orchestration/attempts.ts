import { linkAbort, sleep } from '../foundation/abort.js';
import { InvalidOptionError, isCancellation, isCodedError, nameOf } from '../foundation/errors/chorale-error.js';
import type { OptionNames } from '../foundation/known-options.js';
import type { Runtime } from '../foundation/runtime.js';
import { requireBoolean, requireFunction, requireWhole } from './require-option.js';

/** The pauses between attempts: none, always the same, growing by the same amount, or twofold each time. */
export type Backoff = 'none' | 'fixed' | 'linear' | 'exponential';

/** How something is tried. */
export interface AttemptPolicy {
  /** Longest time of one attempt, in milliseconds; Infinity for no limit. */
  readonly timeoutMs: number;
  /** Further attempts after the first. */
  readonly retries: number;
  /** Whether another attempt is worth it. Aborts and invalid values are never retried. @default always */
  readonly retryIf?: ((error: unknown, attempt: number) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * The pause after the n-th failed attempt: 0 (none), `retryDelayMs` (fixed), n times that (linear), or 2^(n-1) times that
   * (exponential).
   */
  readonly backoff: Backoff;
  readonly retryDelayMs: number;
  /** Each pause is drawn evenly between 0 and that of the backoff. */
  readonly jitter: boolean;
}

/** A policy of which any part may be missing. */
export type AttemptOptions = { readonly [K in keyof AttemptPolicy]?: AttemptPolicy[K] | undefined };

export const attemptNames: OptionNames<AttemptOptions> = {
  timeoutMs: true,
  retries: true,
  retryIf: true,
  backoff: true,
  retryDelayMs: true,
  jitter: true,
};

/** For items and nodes: one attempt without a limit, unless options say otherwise. */
const defaultPolicy: AttemptPolicy = {
  timeoutMs: Number.POSITIVE_INFINITY,
  retries: 0,
  backoff: 'exponential',
  retryDelayMs: 1_000,
  jitter: true,
};

const backoffs: readonly Backoff[] = ['none', 'fixed', 'linear', 'exponential'];

/**
 * The parts of a policy in `options`, checked.
 * @param owner for the messages, as in ` of step 'fetch'`; empty for options of a function
 * @throws InvalidOptionError
 */
export function readAttemptOptions(owner: string, options: AttemptOptions): AttemptOptions {
  const { timeoutMs, retries, retryIf, backoff, retryDelayMs, jitter } = options;
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    throw new InvalidOptionError(`timeoutMs${owner}`, 'a number of milliseconds above 0', timeoutMs);
  }
  if (retries !== undefined) requireWhole(`retries${owner}`, retries, 0);
  if (retryIf !== undefined) requireFunction(`retryIf${owner}`, retryIf);
  if (backoff !== undefined && !backoffs.includes(backoff)) {
    throw new InvalidOptionError(`backoff${owner}`, `one of ${backoffs.join(', ')}`, backoff);
  }
  if (retryDelayMs !== undefined && !(Number.isFinite(retryDelayMs) && retryDelayMs >= 0)) {
    throw new InvalidOptionError(`retryDelayMs${owner}`, 'a number of milliseconds of at least 0', retryDelayMs);
  }
  if (jitter !== undefined) requireBoolean(`jitter${owner}`, jitter);
  return { timeoutMs, retries, retryIf, backoff, retryDelayMs, jitter };
}

/** The policy of `options`; undefined where one attempt without a limit is all. @throws InvalidOptionError */
export function attemptPolicy(owner: string, options: AttemptOptions): AttemptPolicy | undefined {
  const given = Object.entries(readAttemptOptions(owner, options)).filter(([, value]) => value !== undefined);
  const policy = { ...defaultPolicy, ...Object.fromEntries(given) };
  return policy.retries === 0 && policy.timeoutMs === Number.POSITIVE_INFINITY ? undefined : policy;
}

/** The end of something, after all its attempts. `attempt` is the number of attempts. */
export type AttemptsEnd<R> =
  | { readonly status: 'completed'; readonly attempt: number; readonly value: R }
  | { readonly status: 'failed' | 'cancelled'; readonly attempt: number; readonly error: unknown };

/** What attempts need besides their work. */
interface AttemptsRun {
  readonly runtime: Runtime;
  /** Ends the attempts, and a pause between two. */
  readonly signal: AbortSignal;
  /** An attempt failed, and another will follow. @param attempt the 1-based one that failed */
  readonly onRetry: (attempt: number, error: unknown, durationMs: number) => void | Promise<void>;
  /** An attempt after the first begins. */
  readonly onAttempt?: (attempt: number) => Promise<void>;
}

/**
 * Works until an attempt succeeds, must not be repeated, or was the last. Aborts are never retried.
 * @throws only what a notice throws
 */
export async function runAttempts<R>(
  work: (attempt: number) => R | PromiseLike<R>,
  policy: AttemptPolicy,
  { runtime, signal, onRetry, onAttempt }: AttemptsRun,
): Promise<AttemptsEnd<R>> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) return { status: 'cancelled', attempt: attempt - 1, error: signal.reason };
    if (attempt > 1) await onAttempt?.(attempt);
    const startedAt = runtime.now();
    let failure: { readonly error: unknown };
    try {
      return { status: 'completed', attempt, value: await work(attempt) };
    } catch (error) {
      failure = { error };
    }
    const { error } = failure;
    if (signal.aborted) return { status: 'cancelled', attempt, error };
    if (attempt > policy.retries || isFinal(error)) return { status: 'failed', attempt, error };
    try {
      if (policy.retryIf && !(await policy.retryIf(error, attempt))) return { status: 'failed', attempt, error };
    } catch (thrown) {
      return { status: 'failed', attempt, error: thrown };
    }
    await onRetry(attempt, error, runtime.now() - startedAt);
    const delayMs = pauseAfter(attempt, policy) * (policy.jitter ? runtime.random() : 1);
    // An abort ends the pause; the next round handles it.
    if (delayMs > 0) await sleep(runtime, delayMs, signal).catch(() => {});
  }
}

/** The pause after a failed attempt without jitter, in milliseconds. @param attempt the 1-based one that failed */
function pauseAfter(attempt: number, { backoff, retryDelayMs }: AttemptPolicy): number {
  if (backoff === 'none') return 0;
  if (backoff === 'linear') return retryDelayMs * attempt;
  return backoff === 'exponential' ? retryDelayMs * 2 ** (attempt - 1) : retryDelayMs;
}

/** Errors that another attempt would raise again, and aborts of the work's own calls; not where its time was up. */
function isFinal(error: unknown): boolean {
  if (isCodedError(error) && error.code === 'CHORALE_STEP_VALIDATION') return true;
  return nameOf(error instanceof Error && isCancellation(error) ? error.cause : error) === 'AbortError';
}

/**
 * Waits for a result until the time is up.
 * @param expire called when it is up; gives the error
 * @param abort called after that, so that what the work throws because of its signal does not win
 */
export async function raceTimeout<R>(
  pending: PromiseLike<R>,
  limitMs: number,
  runtime: Runtime,
  expire: () => unknown,
  abort: (reason: unknown) => void,
): Promise<R> {
  let cancel = () => {};
  const timeout = new Promise<never>((_, reject) => {
    cancel = runtime.setTimer(limitMs, () => {
      const reason = expire();
      reject(reason);
      abort(reason);
    });
  });
  try {
    return await Promise.race([timeout, pending]);
  } finally {
    cancel();
  }
}

/**
 * The result of the first attempt that succeeds. Each attempt has a signal of its own where it has a limit.
 * @throws the error of the last attempt
 */
export async function resultOfAttempts<R>(
  work: (attempt: number, signal: AbortSignal) => R | PromiseLike<R>,
  policy: AttemptPolicy,
  run: AttemptsRun,
): Promise<R> {
  const { runtime, signal } = run;
  const tryOnce = (attempt: number) =>
    withinLimit((limited) => work(attempt, limited), policy.timeoutMs, runtime, signal);
  const end = await runAttempts(tryOnce, policy, run);
  if (end.status === 'completed') return end.value;
  throw end.error;
}

/** Works with a signal that is aborted with the given one, and when the time is up. */
async function withinLimit<R>(
  work: (signal: AbortSignal) => R | PromiseLike<R>,
  limitMs: number,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<R> {
  if (limitMs === Number.POSITIVE_INFINITY) return work(signal);
  const linked = linkAbort(signal);
  const expire = () => new DOMException(`no result within ${limitMs} ms`, 'TimeoutError');
  try {
    return await raceTimeout(Promise.resolve(work(linked.signal)), limitMs, runtime, expire, linked.abort);
  } finally {
    linked.release();
  }
}
