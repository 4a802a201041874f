import type { Runtime } from '../../src/foundation/runtime.js';
import type { Model, ModelAnswer } from '../../src/model/model.js';

/** A server in simulated time, and what is true of it. */
export interface SlotModel extends Model {
  /** Over all answers, in milliseconds. `aloneMs`: what the services would have taken one after the other. */
  readonly truth: { answers: number; serviceMs: number; aloneMs: number; waitingMs: number };
}

export interface SlotModelOptions {
  readonly slots: number;
  /** Clock of the simulation. */
  readonly runtime: Runtime;
  /** Mean time in a slot, in milliseconds. Single times are log-normal around it. */
  readonly meanMs: number;
  /** Mean part of that time that is no evaluation (sampling, batching, probabilities), 0 to 1. Single parts vary by half. */
  readonly overhead: number;
  /** Requests of another program that are always at the server, in a slot or in line. @default 0 */
  readonly others?: number;
  /** How much longer an evaluation takes for each other request in a slot when it begins, as a proportion. @default 0 */
  readonly slowdown?: number;
  /** Whether it tells its times, as Ollama does. @default true */
  readonly tells?: boolean;
}

const sigma = 0.3;

/** A server with so many slots and a silent queue: a request waits in line, then holds a slot for its service time. */
export function createSlotModel(options: SlotModelOptions): SlotModel {
  const { slots, runtime, meanMs, overhead, others = 0, slowdown = 0, tells = true } = options;
  const truth = { answers: 0, serviceMs: 0, aloneMs: 0, waitingMs: 0 };
  const line: (() => void)[] = [];
  let free = slots;

  const normal = () => Math.sqrt(-2 * Math.log(1 - runtime.random())) * Math.cos(2 * Math.PI * runtime.random());
  const serviceTime = () => Math.exp(Math.log(meanMs) - sigma ** 2 / 2 + sigma * normal());

  /** Resolves when the work is done, to how long it took, and would have alone. */
  function work(): Promise<{ readonly serviceMs: number; readonly aloneMs: number }> {
    return new Promise((resolve) => {
      const begin = () => {
        free -= 1;
        const aloneMs = serviceTime();
        const serviceMs = aloneMs * (1 + slowdown * (slots - free - 1));
        runtime.setTimer(serviceMs, () => {
          resolve({ serviceMs, aloneMs });
          free += 1;
          line.shift()?.();
        });
      };
      if (free === 0) line.push(begin);
      else begin();
    });
  }

  const answer = (totalMs: number, outsideMs: number): ModelAnswer => ({
    text: 'positive',
    finishReason: 'stop',
    usage: { promptTokens: 100, completionTokens: 1 },
    durations: { totalMs, firstTokenMs: totalMs, queueMs: tells ? outsideMs : null, loadMs: 0 },
    logprobs: null,
  });

  async function keepBusy(): Promise<void> {
    while (!closed) await work();
  }
  let closed = false;

  return {
    provider: 'ollama',
    name: `${slots} slots`,
    caveat: null,
    truth,
    prepare: async () => {
      for (let index = 0; index < others; index += 1) void keepBusy();
      return { serverVersion: null, loadMs: null };
    },
    async ask() {
      const sentAt = runtime.now();
      const { serviceMs, aloneMs } = await work();
      const totalMs = runtime.now() - sentAt;
      const waitingMs = totalMs - serviceMs;
      truth.answers += 1;
      truth.serviceMs += serviceMs;
      truth.aloneMs += aloneMs;
      truth.waitingMs += waitingMs;
      const around = serviceMs * overhead * (0.5 + runtime.random());
      return answer(totalMs, waitingMs + around);
    },
    async close() {
      closed = true;
    },
  };
}
