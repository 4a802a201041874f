import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { processParallel } from '../dist/orchestration/index.js';
import type { ServerMessage, Service } from './slot-server.js';

/** A run against a server with a fixed number of slots. */
export interface SlotRun {
  readonly slots: number;
  readonly items: number;
  readonly wallMs: number;
  /** When the last machine of the list schedule of the recorded service times is done. */
  readonly idealMs: number;
  readonly meanServiceMs: number;
}

/** Sends one request per item with as many workers as the server has slots. */
export async function runAgainstSlots(slots: number, items: number): Promise<SlotRun> {
  const server = fork(fileURLToPath(new URL('slot-server.ts', import.meta.url)), [String(slots), '1']);
  const { port } = await messageOf(server, 'port');
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: slots, pipelining: 1 });
  try {
    const ask = async (path: string, signal?: AbortSignal) => {
      const { body } = await pool.request({ path, method: 'GET', ...(signal && { signal }) });
      return body.text();
    };
    await Promise.all(Array.from({ length: slots }, () => ask('/warm-up')));
    const list = Array.from({ length: items }, (_, index) => `/${index}`);
    const startedAt = performance.now();
    await processParallel(list, (path, { signal }) => ask(path, signal), { maxWorkers: slots });
    const wallMs = performance.now() - startedAt;
    server.send('report');
    const { services } = await messageOf(server, 'services');
    const times = inOrderOfStart(services);
    const meanServiceMs = times.reduce((sum, time) => sum + time, 0) / times.length;
    return { slots, items, wallMs, idealMs: listScheduleLength(times, slots), meanServiceMs };
  } finally {
    await pool.close();
    server.disconnect();
  }
}

export async function messageOf<K extends string>(server: ChildProcess, key: K) {
  const [message] = (await once(server, 'message')) as [ServerMessage];
  if (!(key in message)) throw new Error(`the server did not send '${key}'`);
  return message as Extract<ServerMessage, Record<K, unknown>>;
}

function inOrderOfStart(services: readonly Service[]): number[] {
  return services.toSorted((a, b) => a.startedAt - b.startedAt).map(({ heldMs }) => heldMs);
}

/** Greedy list schedule (Graham 1966): every job goes to the machine that is free first. */
function listScheduleLength(times: readonly number[], machines: number): number {
  const freeAt = Array<number>(machines).fill(0);
  for (const time of times) {
    const first = freeAt.indexOf(Math.min(...freeAt));
    freeAt[first] = (freeAt[first] ?? 0) + time;
  }
  return Math.max(...freeAt);
}
