import { setMaxListeners } from 'node:events';

/** A controller to whose signal any number of workers may listen; Node would warn of a leak at the eleventh. */
export function createAbortController(): AbortController {
  const controller = new AbortController();
  // Not 0, which means the same: Node 20 then denies that it is an event target at all, and undici's fetch fails on it.
  setMaxListeners(Number.POSITIVE_INFINITY, controller.signal);
  return controller;
}
