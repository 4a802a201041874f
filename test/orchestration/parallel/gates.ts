import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TaskContext } from '../../../src/orchestration/index.js';
import { createDeferred, type Deferred } from './deferred.js';

/** A processor whose items wait, each behind a gate of its own, until the test opens it. */
export interface Gates {
  /** Waits for its gate; ignores its signal. */
  readonly processor: (item: unknown, context: TaskContext) => Promise<string>;
  /** Waits for its gate, or rejects with the signal's reason. */
  readonly obedient: (item: unknown, context: TaskContext) => Promise<string>;
  /** What every started item was told, in the order of the starts. */
  readonly started: readonly TaskContext[];
  /** Indices of the items that wait. */
  readonly waiting: readonly number[];
  /** Lets an item succeed, with `value of <index>`, and everything that follows from it happen. */
  open(...indices: number[]): Promise<void>;
  /** Lets an item fail, and everything that follows from it happen. */
  fail(index: number, error: unknown): Promise<void>;
}

export function createGates(): Gates {
  const gates = new Map<number, Deferred<string>>();
  const started: TaskContext[] = [];
  const gateOf = (index: number) => {
    const gate = gates.get(index);
    if (!gate) throw new Error(`item ${index} does not wait`);
    gates.delete(index);
    return gate;
  };
  const processor = async (_: unknown, context: TaskContext) => {
    const gate = createDeferred<string>();
    started.push(context);
    gates.set(context.index, gate);
    return gate.promise;
  };
  return {
    processor,
    async obedient(item, context) {
      const { signal, index } = context;
      signal.addEventListener('abort', () => gates.has(index) && gateOf(index).reject(signal.reason), { once: true });
      return processor(item, context);
    },
    started,
    get waiting() {
      return [...gates.keys()];
    },
    async open(...indices) {
      for (const index of indices) {
        gateOf(index).resolve(`value of ${index}`);
        await settled();
      }
    },
    async fail(index, error) {
      gateOf(index).reject(error);
      await settled();
    },
  };
}

/** Everything that follows from what has happened so far, without outside events, has happened. */
export async function settled(): Promise<void> {
  await nextTurn();
}
