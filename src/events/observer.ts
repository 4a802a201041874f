import type { Event } from './event.js';

/** Receives events synchronously, in the order in which they happen. One that throws is dropped after one warning. */
export interface Observer {
  onEvent(event: Event): void;
}

/** Ignores everything. With it no event object is built. */
export const noopObserver: Observer = Object.freeze({ onEvent() {} });
