import { sleep } from '../../foundation/deadlines.js';
import { entryOf, isCodedError, nameOf } from '../../foundation/errors/chorale-error.js';
import type { Runtime } from '../../foundation/runtime.js';
import { Attempt, type AttemptSurroundings } from './attempt.js';
import { encodeJson } from './json-text.js';
import type { AnyStep } from './step.js';
import { pauseAfter, type StepSettings } from './step-settings.js';
import { StepValidationError } from './workflow-errors.js';
import type { WorkflowStateEntry } from './workflow-store.js';

/** The exit code of the errors of cancelled calls. */
const interrupted = 130;

/** How a step ended, with all its attempts. */
export type StepEnd =
  | {
      readonly status: 'completed';
      readonly attempt: number;
      readonly value: unknown;
      readonly text: string | null;
      readonly state: readonly WorkflowStateEntry[] | undefined;
    }
  | { readonly status: 'failed' | 'cancelled'; readonly attempt: number; readonly error: unknown };

/** Told between two attempts. */
export interface AttemptNotices {
  /** An attempt failed, and another will follow. @param attempt the 1-based one that failed */
  onRetry(attempt: number, error: unknown, durationMs: number): Promise<void>;
  /** The next attempt begins. */
  onAttempt(attempt: number): Promise<void>;
}

/** What `runStep` runs. */
export interface StepCall {
  readonly step: AnyStep;
  readonly settings: StepSettings;
  readonly input: unknown;
  /** Aborted when the step is to stop: by a sibling's failure, or with the run. */
  readonly scope: AbortSignal;
}

/**
 * Runs a step until an attempt succeeds, may not be repeated, or was the last. Values that are not valid and aborts are
 * never retried.
 * @throws only what a notice throws
 */
export async function runStep(call: StepCall, run: AttemptSurroundings, notices: AttemptNotices): Promise<StepEnd> {
  const { step, settings, input, scope } = call;
  for (let attempt = 1; ; attempt += 1) {
    if (scope.aborted) return { status: 'cancelled', attempt: attempt - 1, error: scope.reason };
    if (attempt > 1) await notices.onAttempt(attempt);
    const startedAt = run.runtime.now();
    try {
      const current = new Attempt(run, step, attempt, scope);
      const value = await current.execute(input, settings.timeoutMs);
      return { status: 'completed', attempt, value, text: requireJson(step.id, value), state: current.stateChanges() };
    } catch (error) {
      if (scope.aborted) return { status: 'cancelled', attempt, error };
      if (attempt > settings.retries || isFinal(error)) return { status: 'failed', attempt, error };
      await notices.onRetry(attempt, error, run.runtime.now() - startedAt);
    }
    const delayMs = pauseAfter(attempt, settings);
    if (delayMs > 0) await pause(run.runtime, delayMs, scope);
  }
}

/** Ends early, without a failure, when the scope is aborted. */
async function pause(runtime: Runtime, delayMs: number, scope: AbortSignal): Promise<void> {
  try {
    await sleep(runtime, delayMs, scope);
  } catch {
    // The caller looks at the scope.
  }
}

function requireJson(step: string, value: unknown): string | null {
  const encoded = encodeJson(value);
  if ('issue' in encoded) throw new StepValidationError(step, 'output', [encoded.issue]);
  return encoded.text;
}

/** Errors that the same attempt would bring again, and those of a step that stopped itself. */
function isFinal(error: unknown): boolean {
  return isAbort(error) || (isCodedError(error) && error.code === 'CHORALE_STEP_VALIDATION');
}

/** Also where a call inside the step tells, by an error of its own, that it was aborted; not where its time was up. */
function isAbort(error: unknown): boolean {
  const tellsOfAbort = error instanceof Error && entryOf(error)?.exitCode === interrupted;
  return nameOf(tellsOfAbort ? error.cause : error) === 'AbortError';
}
