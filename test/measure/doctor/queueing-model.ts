import { linkAbort, sleep } from '../../../src/foundation/abort.js';
import type { Runtime } from '../../../src/foundation/runtime.js';
import type { Model, ModelCall, ModelRequest } from '../../../src/model/model.js';
import { createScriptedModel } from '../../../src/testing/index.js';

/** How a server takes its time, in milliseconds. */
export interface Timing {
  /** Requests that it works on at once; the others wait in silence. */
  readonly slots: number;
  readonly firstTokenMs?: number;
  readonly restMs: number;
}

/** A model on a server with slots and a silent queue: its times are those of the clock. */
export function createQueueingModel(clock: Runtime, { slots, firstTokenMs = 10, restMs }: Timing): Model {
  const scripted = createScriptedModel([], { clock });
  const line: (() => void)[] = [];
  let free = slots;
  const take = () =>
    new Promise<void>((resolve) => {
      if (free > 0) {
        free -= 1;
        resolve();
      } else {
        line.push(resolve);
      }
    });
  const give = () => {
    const next = line.shift();
    if (next) next();
    else free += 1;
  };
  return {
    ...scripted,
    requests: undefined,
    async ask(_request: ModelRequest, { signal }: ModelCall) {
      const startedAt = clock.now();
      await take();
      const linked = linkAbort(signal);
      try {
        await sleep(clock, firstTokenMs, linked.signal);
        const first = clock.now() - startedAt;
        await sleep(clock, restMs, linked.signal);
        const totalMs = clock.now() - startedAt;
        return {
          text: 'positive',
          finishReason: 'stop',
          usage: { promptTokens: 30, completionTokens: 1 },
          durations: { totalMs, firstTokenMs: first, queueMs: null, loadMs: null },
          logprobs: null,
        };
      } finally {
        linked.release();
        give();
      }
    },
  } as Model;
}
