import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { encodeJson } from '../../foundation/lossless-json.js';
import { requireBoolean, requireObject, requireSignal, requireWhole } from '../require-option.js';
import type { PruneFilter, RunStatus } from './checkpoint-store.js';
import type { State } from './state.js';

/** Options of one run. */
export interface RunOptions {
  /** Stops the run; its reason becomes the cause of `GraphCancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /** Added to those of the state. @default none */
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
  /** @default as the graph has it */
  readonly maxIterations?: number | undefined;
}

/** Options of `resume`. */
export interface ResumeOptions extends RunOptions {
  /** The iteration after which the run continues; later ones are dropped. @default the latest checkpoint */
  readonly from?: number | undefined;
  /** Takes the run also from a worker whose lease has not ended: for when it is known to be dead. @default false */
  readonly takeOver?: boolean | undefined;
  /**
   * Whether a run is resumed after a change of the nodes, edges or version of the graph. `accept` requires that the graph
   * still has every node that the run has passed; the run then belongs to the graph as it is now. @default 'refuse'
   */
  readonly onMismatch?: 'refuse' | 'accept' | undefined;
  /** The answer to the pause of the run: JSON. @default none */
  readonly value?: unknown;
}

/** Options of `fork`. */
export interface ForkOptions<T extends object> {
  /** The iteration to begin from. @default the latest checkpoint */
  readonly from?: number | undefined;
  /** @default a new UUID (version 7) */
  readonly runId?: string | undefined;
  /** Changes the state of the new run. @default no change */
  readonly update?: ((state: State<T>) => State<T>) | undefined;
}

/** Options of `prune`: at least one. */
export interface PruneOptions {
  /** Only runs with this status, or one of these. @default any */
  readonly status?: RunStatus | readonly RunStatus[] | undefined;
  /** Only runs that have not changed for so long, in milliseconds. @default 0 */
  readonly olderThanMs?: number | undefined;
}

const runOptions: OptionNames<RunOptions> = { signal: true, secrets: true, maxIterations: true };
const resumeOptions: OptionNames<ResumeOptions> = {
  ...runOptions,
  from: true,
  takeOver: true,
  onMismatch: true,
  value: true,
};
export const forkOptions: OptionNames<ForkOptions<object>> = { from: true, runId: true, update: true };
const pruneOptions: OptionNames<PruneOptions> = { status: true, olderThanMs: true };

const statuses: Readonly<Record<RunStatus, true>> = {
  pending: true,
  running: true,
  paused: true,
  completed: true,
  failed: true,
  cancelled: true,
};

/** @throws InvalidOptionError */
export function requireRunOptions(owner: string, options: RunOptions): void {
  requireKnown(owner, options, runOptions);
  checkRunOptions(options);
}

/** @throws InvalidOptionError */
export function requireResumeOptions(options: ResumeOptions): void {
  requireKnown('resume', options, resumeOptions);
  checkRunOptions(options);
  const { from, takeOver, onMismatch = 'refuse' } = options;
  requireIteration('from', from);
  if (takeOver !== undefined) requireBoolean('takeOver', takeOver);
  if (onMismatch !== 'refuse' && onMismatch !== 'accept') {
    throw new InvalidOptionError('onMismatch', "'refuse' or 'accept'", onMismatch);
  }
  if (!Object.hasOwn(options, 'value')) return;
  if (from !== undefined)
    throw new InvalidOptionError('value', 'absent with from, which drops the pause', options.value);
  const json = encodeJson(options.value);
  if (typeof json !== 'string') throw new InvalidOptionError('value', `JSON (it is ${json.found})`, options.value);
}

/** The filters of the runs to delete, one for each status. @throws InvalidOptionError */
export function pruneFilters(options: PruneOptions, graph: string, now: number): PruneFilter[] {
  requireKnown('prune', options, pruneOptions);
  const { status, olderThanMs } = options;
  if (status === undefined && olderThanMs === undefined) {
    throw new InvalidOptionError('olderThanMs', 'given, unless status is (0 is any age)', undefined);
  }
  if (olderThanMs !== undefined) requireWhole('olderThanMs', olderThanMs, 0);
  // A run that changed in this very millisecond is 0 milliseconds old.
  const updatedBefore = now - (olderThanMs ?? 0) + 1;
  const wanted = typeof status === 'string' ? [status] : (status ?? [undefined]);
  if (!Array.isArray(wanted)) throw new InvalidOptionError('status', 'a status, or a list of them', status);
  return wanted.map((one) => {
    if (one === undefined || Object.hasOwn(statuses, one)) return { graph, status: one, updatedBefore, now };
    throw new InvalidOptionError('status', `one of ${Object.keys(statuses).join(', ')}`, one);
  });
}

export function requireIteration(option: string, iteration: number | undefined): void {
  if (iteration !== undefined) requireWhole(option, iteration, 0);
}

function checkRunOptions({ signal, maxIterations, secrets }: RunOptions): void {
  requireSignal('signal', signal);
  if (secrets !== undefined) requireObject('secrets', secrets);
  if (maxIterations !== undefined) requireWhole('maxIterations', maxIterations, 1);
}
