import { isThenable } from './awaitable.js';

/** Whether a value is a promise where none may be. Prevents an unhandled rejection. */
export function disown(value: unknown): boolean {
  if (!isThenable(value)) return false;
  Promise.resolve(value).catch(() => {});
  return true;
}
