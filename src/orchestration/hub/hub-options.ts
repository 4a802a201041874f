import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { requireText, requireWhole } from '../require-option.js';

/** Options of `createHub`. */
export interface HubOptions {
  /** Names the hub in messages; the source of its events. */
  readonly name: string;
  /** Unread messages that a mailbox has room for. @default 100 */
  readonly bufferSize?: number | undefined;
  /**
   * Limit of requests that have none of their own, and of handlers that wait for room in one another's mailboxes, in
   * milliseconds; Infinity for none.
   * @default 30000
   */
  readonly requestTimeoutMs?: number | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock, timers and RNG. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const hubOptions: OptionNames<HubOptions> = {
  name: true,
  bufferSize: true,
  requestTimeoutMs: true,
  observer: true,
  runtime: true,
};

/** The options of a hub, checked and completed. */
export interface HubSettings {
  readonly name: string;
  readonly bufferSize: number;
  readonly requestTimeoutMs: number;
  readonly runtime: Runtime;
  readonly emit: Emit | undefined;
}

export const defaultCloseTimeoutMs = 5_000;

/** @throws InvalidOptionError, UnknownObserverError */
export function resolveHubOptions(options: HubOptions): HubSettings {
  requireKnown('createHub', options, hubOptions);
  const { name, bufferSize = 100, requestTimeoutMs = 30_000, runtime = nodeRuntime } = options;
  requireText('name', name);
  requireWhole('bufferSize', bufferSize, 1);
  requireDuration('requestTimeoutMs', requestTimeoutMs);
  const emit = createEmit(options.observer, name, () => runtime.wallTime());
  return { name, bufferSize, requestTimeoutMs, runtime, emit };
}

/** @throws InvalidOptionError unless `value` is a number of milliseconds */
export function requireDuration(option: string, value: number): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new InvalidOptionError(option, 'a number of milliseconds of at least 0', value);
}
