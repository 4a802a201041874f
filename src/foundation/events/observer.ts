import type { Event } from './event.js';

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
