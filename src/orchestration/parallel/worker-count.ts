import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import { requireWhole } from '../require-option.js';

/** How many items may be in work at once. */
export interface WorkerOptions {
  /** Exactly this many workers, but never more than items; 0 for the automatic count. @default 0 */
  readonly maxWorkers?: number | undefined;
  /** Upper bound of the automatic count. @default 16 */
  readonly workerCap?: number | undefined;
}

/** The upper bound of the automatic count of workers. */
export const defaultWorkerCap = 16;

/** @throws InvalidOptionError when an option is no whole number of its range */
export function requireWorkers({ maxWorkers = 0, workerCap = defaultWorkerCap }: WorkerOptions): void {
  requireWhole('maxWorkers', maxWorkers, 0);
  requireWhole('workerCap', workerCap, 1);
}

/**
 * The number of workers for `items` items: `maxWorkers`, or max(1, min(2 × CPUs, workerCap, items)).
 * @param items number of items; `Infinity` where it is not known
 * @throws InvalidOptionError when an option is no whole number of its range
 */
export function workerCount(items: number, options: WorkerOptions, runtime: Runtime = nodeRuntime): number {
  requireWorkers(options);
  const { maxWorkers = 0, workerCap = defaultWorkerCap } = options;
  if (maxWorkers > 0) return Math.min(maxWorkers, items);
  return Math.max(1, Math.min(2 * runtime.cpuCount(), workerCap, items));
}
