/**
 * An HTTP server that works on a fixed number of requests at once, like a model server: the others wait in a FIFO queue.
 * It runs in a process of its own: `fork('slot-server.ts', [slots, seed, meanMs])`, where the mean service time is 50 ms
 * unless it is given. It sends its port, and for the message `report` the times for which its slots were really held.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request in a slot, in milliseconds of the server's clock. */
export interface Service {
  readonly startedAt: number;
  readonly heldMs: number;
}

export type ServerMessage = { readonly port: number } | { readonly services: readonly Service[] };

const defaultMeanMs = 50;
const sigma = 0.5;

/** Log-normal service times of the given mean: exp(μ + σ·z), with μ = ln(mean) − σ²/2. */
function createServiceTimes(seed: number, meanMs: number): () => number {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  return () => Math.exp(Math.log(meanMs) - sigma ** 2 / 2 + sigma * normal());
}

function serve(slots: number, seed: number, meanMs: number): void {
  const services: Service[] = [];
  const queue: ServerResponse[] = [];
  const nextTime = createServiceTimes(seed, meanMs);
  let free = slots;

  const work = () => {
    while (free > 0) {
      const response = queue.shift();
      if (!response) return;
      free -= 1;
      const startedAt = performance.now();
      setTimeout(() => {
        services.push({ startedAt, heldMs: performance.now() - startedAt });
        free += 1;
        response.end('done');
        work();
      }, nextTime());
    }
  };

  const server = createServer((request, response) => {
    if (request.url === '/warm-up') return void response.end('warm');
    queue.push(response);
    work();
  });
  process.on('message', (message) => message === 'report' && process.send?.({ services } satisfies ServerMessage));
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port } satisfies ServerMessage);
  });
}

if (process.send) {
  const [slots, seed, meanMs = defaultMeanMs] = process.argv.slice(2).map(Number);
  serve(slots ?? 1, seed ?? 1, meanMs);
}
