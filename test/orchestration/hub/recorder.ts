import type { HandlerContext, Message } from '../../../src/orchestration/index.js';
import { createDeferred, type Deferred } from '../parallel/deferred.js';
import { settled } from '../parallel/gates.js';

/** An agent that keeps what it is given, and handles it when the test says so. */
export interface Recorder {
  readonly handler: (message: Message, context: HandlerContext) => Promise<unknown>;
  /** The payloads so far, in the order of delivery. */
  readonly seen: readonly unknown[];
  readonly contexts: readonly HandlerContext[];
  /** Ends the handling of the oldest message in work, and lets everything that follows from it happen. */
  finish(value?: unknown): Promise<void>;
  fail(error: unknown): Promise<void>;
}

export function createRecorder(): Recorder {
  const gates: Deferred<unknown>[] = [];
  const seen: unknown[] = [];
  const contexts: HandlerContext[] = [];
  const next = () => {
    const gate = gates.shift();
    if (!gate) throw new Error('nothing is in work');
    return gate;
  };
  return {
    handler(message, context) {
      const gate = createDeferred<unknown>();
      gates.push(gate);
      seen.push(message.data);
      contexts.push(context);
      return gate.promise;
    },
    seen,
    contexts,
    async finish(value) {
      next().resolve(value);
      await settled();
    },
    async fail(error) {
      next().reject(error);
      await settled();
    },
  };
}
