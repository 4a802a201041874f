/** A value that is there at once, or later. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Whether something must be waited for. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
