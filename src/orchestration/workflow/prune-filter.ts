import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { requireText, requireWhole } from '../require-option.js';
import type { WorkflowPruneOptions } from './workflow-engine.js';
import type { WorkflowPruneFilter, WorkflowStatus } from './workflow-store.js';

const statuses: Readonly<Record<WorkflowStatus, true>> = {
  pending: true,
  running: true,
  paused: true,
  completed: true,
  failed: true,
  cancelled: true,
  dead: true,
};

/** Runs that only a person begins again. */
const over: readonly WorkflowStatus[] = ['completed', 'failed', 'cancelled', 'dead'];

const pruneOptions: OptionNames<WorkflowPruneOptions> = { status: true, olderThanMs: true, workflow: true };

/** @throws InvalidOptionError unless it is the status of a run */
export function requireStatus(status: WorkflowStatus): void {
  if (typeof status === 'string' && Object.hasOwn(statuses, status)) return;
  throw new InvalidOptionError('status', `one of ${Object.keys(statuses).join(', ')}`, status);
}

/** Which runs `prune` deletes. @throws InvalidOptionError */
export function readPruneOptions(options: WorkflowPruneOptions, at: number): WorkflowPruneFilter {
  requireKnown('prune', options, pruneOptions);
  const { status, olderThanMs, workflow } = options;
  if (status === undefined && olderThanMs === undefined) {
    throw new InvalidOptionError('olderThanMs', 'given, unless status is (0 is any age)', undefined);
  }
  if (olderThanMs !== undefined) requireWhole('olderThanMs', olderThanMs, 0);
  if (workflow !== undefined) requireText('workflow', workflow);
  const wanted = typeof status === 'string' ? [status] : (status ?? over);
  if (!Array.isArray(wanted)) throw new InvalidOptionError('status', 'a status, or a list of them', status);
  wanted.forEach(requireStatus);
  // A run that ended in this very millisecond is 0 milliseconds old.
  return { workflow, statuses: [...new Set(wanted)], before: at - (olderThanMs ?? 0) + 1, at };
}
