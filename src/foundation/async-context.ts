import { AsyncResource } from 'node:async_hooks';

/** The asynchronous context of whoever made it: what an `AsyncLocalStorage` holds there. Work that is done later runs in it. */
export class AsyncContext {
  private readonly resource = new AsyncResource('chorale');

  run<A extends readonly unknown[], R>(work: (...args: A) => R, ...args: A): R {
    return this.resource.runInAsyncScope(work, undefined, ...args);
  }
}
