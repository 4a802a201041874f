import { isCodedError, messageOf, nameOf } from '../errors/chorale-error.js';

/**
 * Keys of `data`, by event type. Each feature adds its events beside its code. `error` is a boolean; `error_type` and
 * `message` come with it when it is true.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the features extend it.
export interface EventData {}

/** The name of a kind of event. */
export type EventType = keyof EventData;

/** Something that happened, as data. `timestamp` is in milliseconds since the epoch; on paper it is ISO-8601 in UTC. */
export type Event = {
  readonly [T in EventType]: {
    readonly type: T;
    readonly timestamp: number;
    readonly source: string;
    readonly data: EventData[T];
  };
}[EventType];

/** The fields of a `*.complete` event that report a failure. */
export interface Failure {
  readonly error: boolean;
  readonly error_type?: string;
  readonly message?: string;
}

/**
 * The fields of a `*.complete` event that report whether something failed.
 * @param failed for values that may themselves be `undefined`, as in `throw undefined`
 */
export function failureOf(error: unknown, failed = error !== undefined): Failure {
  if (!failed) return { error: false };
  const error_type = isCodedError(error) ? error.code : nameOf(error);
  return { error: true, error_type, message: messageOf(error) };
}

/** Receives events synchronously, in the order in which they happen. One that throws is dropped after one warning. */
export interface Observer {
  onEvent(event: Event): void;
}

/** Whether something can receive events. */
export function isObserver(value: unknown): value is Observer {
  return typeof Object(value).onEvent === 'function';
}

/** Ignores everything. With it no event object is built. */
export const noopObserver: Observer = Object.freeze({ onEvent() {} });
