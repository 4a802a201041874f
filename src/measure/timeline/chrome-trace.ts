import type { Timeline } from './timeline.js';

/** An event of the Trace Event Format, which Perfetto and Chrome read; times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M' | 'C' | 'b' | 'e' | 's' | 'f';
  readonly pid: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly cat?: string;
  readonly bp?: 'e';
  readonly args?: Readonly<Record<string, unknown>>;
}

/** The two processes of a trace: workers, and servers. */
const workers = 1;
const servers = 2;

/**
 * A timeline as a trace: a track for each worker with its phases, a track for each server with its requests, the limits of
 * the servers as counters, and an arrow from a worker's item to each of its requests.
 */
export function toChromeTrace({ lanes, requests, limits }: Timeline): { readonly traceEvents: readonly TraceEvent[] } {
  const hosts = [...new Set([...requests, ...limits].map(({ server }) => server))];
  const tidOf = (server: string) => hosts.indexOf(server) + 1;
  const micro = (ms: number) => Math.round(ms * 1_000);
  const named = (pid: number, name: string): TraceEvent => ({ name: 'process_name', ph: 'M', pid, args: { name } });
  const track = (pid: number, tid: number, name: string): TraceEvent => {
    return { name: 'thread_name', ph: 'M', pid, tid, args: { name } };
  };
  const traceEvents: TraceEvent[] = [
    named(workers, 'workers'),
    ...(hosts.length > 0 ? [named(servers, 'servers')] : []),
    ...lanes.map(({ worker }) => track(workers, worker, `worker ${worker}`)),
    ...hosts.map((host) => track(servers, tidOf(host), host)),
  ];
  for (const { worker, slices } of lanes) {
    for (const { phase, from, to, item, failed } of slices) {
      const place = { pid: workers, tid: worker, ts: micro(from), dur: micro(to) - micro(from) };
      traceEvents.push({ name: phase, cat: 'worker', ph: 'X', ...place, args: { item, failed } });
    }
  }
  for (const [id, { server, item, worker, attempt, from, to, failed }] of requests.entries()) {
    const at = { pid: servers, tid: tidOf(server) };
    const name = `item ${item}`;
    const [begin, end] = [micro(from), micro(to)];
    // Requests of a server overlap, so that they are no slices of one track.
    traceEvents.push({ name, cat: 'request', ph: 'b', id, ...at, ts: begin, args: { attempt, failed, worker } });
    traceEvents.push({ name, cat: 'request', ph: 'e', id, ...at, ts: end });
    traceEvents.push({ name: 'asks', cat: 'flow', ph: 's', id, pid: workers, tid: worker, ts: begin });
    traceEvents.push({ name: 'asks', cat: 'flow', ph: 'f', bp: 'e', id, ...at, ts: begin });
  }
  for (const { server, at, limit } of limits) {
    traceEvents.push({ name: `limit of ${server}`, ph: 'C', pid: servers, ts: micro(at), args: { requests: limit } });
  }
  return { traceEvents };
}
