import { isThenable } from './awaitable.js';

/** Whether a promise came where none may. It will be refused, and its rejection, of which nobody knows, does no harm. */
export function disown(value: unknown): boolean {
  if (!isThenable(value)) return false;
  Promise.resolve(value).catch(() => {});
  return true;
}
