import { AsyncResource } from 'node:async_hooks';

/** The asynchronous context of whoever made it: what an `AsyncLocalStorage` holds there. Work that is done later runs in it. */
export class AsyncContext extends AsyncResource {
  constructor() {
    super('chorale');
  }

  run<A, B, R>(work: (a: A, b: B) => R, a: A, b: B): R {
    return this.runInAsyncScope(work, undefined, a, b);
  }
}
