import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import { requireFunction, requireObject, requireWhole } from '../require-option.js';
import {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  TaskError,
} from './parallel-errors.js';
import { processParallel } from './process-parallel.js';
import type { Processor } from './processor.js';

/** Options of `runBounded`. */
export interface RunBoundedOptions {
  /** Operations in flight at once. @default the number of CPUs */
  readonly limit?: number | undefined;
  /** Stops the run: what was not done by then is reported with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Clock, timers and processor count. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

/**
 * Runs an operation for every item, whatever fails, and returns only the failures, in input order.
 * @throws InvalidOptionError before any work
 */
export async function runBounded<T>(
  items: readonly T[],
  operation: Processor<T, unknown>,
  options: RunBoundedOptions = {},
): Promise<TaskError<T>[]> {
  requireObject('options', options);
  const { runtime = nodeRuntime, signal } = options;
  const { limit = runtime.cpuCount() } = options;
  requireFunction('operation', operation);
  requireWhole('limit', limit, 1);
  const { outcomes } = await runAll(items, operation, { maxWorkers: limit, failFast: false, signal, runtime });
  return outcomes.flatMap((outcome) => failureOfItem(outcome, items, signal));
}

async function runAll<T>(
  items: readonly T[],
  operation: Processor<T, unknown>,
  options: Parameters<typeof processParallel<T, unknown>>[2],
): Promise<ParallelResult<T, unknown>> {
  try {
    return await processParallel(items, operation, options);
  } catch (error) {
    if (error instanceof ParallelError || error instanceof ParallelCancelledError) return error.result;
    throw error;
  }
}

function failureOfItem<T>(
  outcome: Outcome<unknown>,
  items: readonly T[],
  signal: AbortSignal | undefined,
): TaskError<T>[] {
  if (outcome.status === 'ok') return [];
  const error = outcome.status === 'not_started' ? signal?.reason : outcome.error;
  return [new TaskError(outcome.index, items[outcome.index] as T, error)];
}
