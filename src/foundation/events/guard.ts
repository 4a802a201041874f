import { messageOf } from '../errors/chorale-error.js';
import { emitWarning, type Warn } from './warn.js';

/**
 * A callback of somebody else's that can do no harm: the first time it throws, or the promise that it returned rejects,
 * it is dropped, with one warning.
 * @param what names the callback in the warning, as in `an observer`
 */
export function guard<A extends readonly unknown[]>(
  callback: (...args: A) => unknown,
  what: string,
  warn: Warn = emitWarning,
): (...args: A) => void {
  let dropped = false;
  const drop = (error: unknown) => {
    if (dropped) return;
    dropped = true;
    warn(`${what} threw and is ignored from now on: ${messageOf(error)}`);
  };
  return (...args) => {
    if (dropped) return;
    try {
      const returned = callback(...args);
      if (returned instanceof Promise) returned.catch(drop);
    } catch (error) {
      drop(error);
    }
  };
}
