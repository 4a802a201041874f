import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { emitWarning, shareObserver } from '../../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { defaultLeaseMs, requireLease } from '../lease.js';
import { requireBoolean, requireFunction, requireText, requireWhole } from '../require-option.js';
import type { CheckpointStore } from './checkpoint-store.js';

/** Where and how often a graph saves its state. */
export interface CheckpointOptions {
  /** Made by `memoryStore()` or `libsqlStore({ path })`. */
  readonly store: { readonly checkpoints: CheckpointStore };
  /** Number of nodes between two saves; 0 for failures and cancellations only, which are always saved. @default 1 */
  readonly interval?: number | undefined;
  /** Keeps the history of a run that has reached an exit point. @default false */
  readonly preserve?: boolean | undefined;
  /** How long others must wait for the run of a dead worker, in milliseconds; at least 3. @default 30000 */
  readonly leaseMs?: number | undefined;
}

/** Options of `StateGraph`. */
export interface GraphOptions {
  /** Source of the events; stands in messages. */
  readonly name: string;
  /** Change it when checkpoints of the old code must not be continued by the new code. @default '' */
  readonly version?: string | undefined;
  /** Nodes that a run may start, those before a resume included. @default 1000 */
  readonly maxIterations?: number | undefined;
  /**
   * Freezes the values of the state in depth, so that a node that changes one in place fails: a store would miss the
   * change. @default true with checkpoints, else false
   */
  readonly freeze?: boolean | undefined;
  /** Emits the state before and after each node in `node.state` events. @default false */
  readonly snapshots?: boolean | undefined;
  /** @default no checkpoints */
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Receives the warnings of `compile`. @default a warning of the process */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** Clock, timers and RNG. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const graphOptions: OptionNames<GraphOptions> = {
  name: true,
  version: true,
  maxIterations: true,
  freeze: true,
  snapshots: true,
  checkpoints: true,
  observer: true,
  onWarning: true,
  runtime: true,
};

const checkpointOptions: OptionNames<CheckpointOptions> = {
  store: true,
  interval: true,
  preserve: true,
  leaseMs: true,
};

export type GraphSettings = ReturnType<typeof resolveOptions>;

/** @throws InvalidOptionError, UnknownObserverError */
export function resolveOptions(options: GraphOptions) {
  requireKnown('StateGraph', options, graphOptions);
  const { name, version = '', maxIterations = 1_000, snapshots = false } = options;
  const { freeze = options.checkpoints !== undefined } = options;
  const { onWarning = emitWarning, runtime = nodeRuntime } = options;
  requireText('name', name);
  if (typeof version !== 'string') throw new InvalidOptionError('version', 'a text', version);
  requireWhole('maxIterations', maxIterations, 1);
  requireBoolean('freeze', freeze);
  requireBoolean('snapshots', snapshots);
  requireFunction('onWarning', onWarning);
  const checkpoints = options.checkpoints && resolveCheckpoints(options.checkpoints);
  const observer = shareObserver(options.observer);
  return { name, version, maxIterations, freeze, snapshots, checkpoints, observer, onWarning, runtime };
}

export type CheckpointSettings = ReturnType<typeof resolveCheckpoints>;

function resolveCheckpoints(options: CheckpointOptions) {
  requireKnown('checkpoints of StateGraph', options, checkpointOptions);
  const { interval = 1, preserve = false, leaseMs = defaultLeaseMs } = options;
  const store = options.store?.checkpoints;
  if (typeof store?.append !== 'function') {
    throw new InvalidOptionError('checkpoints.store', 'a store, as memoryStore() or libsqlStore()', options.store);
  }
  requireWhole('checkpoints.interval', interval, 0);
  requireBoolean('checkpoints.preserve', preserve);
  requireLease('checkpoints.leaseMs', leaseMs);
  return { store, interval, preserve, leaseMs };
}
