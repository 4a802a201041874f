import type { Lane, LimitChange, Phase, Slice, Timeline, TimelineRequest } from './timeline.js';

/** An event as it was written, with its time in milliseconds since 1970. */
export interface TimedEvent {
  readonly type: string;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An item that a worker is at. */
interface OpenItem {
  readonly item: number;
  readonly slices: Slice[];
  /** Up to where it is known what the worker did. */
  known: number;
  request: { readonly attempt: number; readonly from: number } | undefined;
}

/**
 * Makes the timeline of the first parallel run in a sequence of events. Requests are those of the worker that their
 * `worker_id` names; without it only the work of each worker is known. What had not ended with the last event ends there.
 */
export class TimelineBuilder {
  private readonly lanes = new Map<number, Slice[]>();
  private readonly open = new Map<number, OpenItem>();
  private readonly requests: TimelineRequest[] = [];
  private readonly limits: LimitChange[] = [];
  private startedAt: number | undefined;
  private lastAt = 0;
  private items = 0;
  private failed = 0;
  private isComplete = false;

  add({ type, at, data }: TimedEvent): void {
    if (this.isComplete) return;
    if (type === 'worker.start') this.startedAt ??= at;
    if (this.startedAt === undefined) return;
    const time = at - this.startedAt;
    this.lastAt = Math.max(this.lastAt, time);
    const worker = number(data.worker_id);
    if (type === 'worker.start' && worker !== null) this.begin(worker, number(data.item_index) ?? this.items, time);
    else if (type === 'worker.complete' && worker !== null) this.complete(worker, time, data.error === true);
    else if (type === 'parallel.complete') this.isComplete = true;
    else if (type === 'limit.change') this.noteLimit(data, time);
    else if (worker !== null) this.noteModelEvent(type, data, worker, time);
  }

  /** @returns undefined if no worker began anything */
  build(): Timeline | undefined {
    if (this.startedAt === undefined) return undefined;
    for (const worker of [...this.open.keys()]) this.close(worker, this.lastAt, false);
    const lanes: Lane[] = [...this.lanes]
      .map(([worker, slices]) => ({ worker, slices }))
      .sort((a, b) => a.worker - b.worker);
    const { startedAt, lastAt: durationMs, requests, limits, items, failed, isComplete } = this;
    return { startedAt, durationMs, lanes, requests, limits, items, failed, isComplete };
  }

  private begin(worker: number, item: number, time: number): void {
    this.items += 1;
    this.open.set(worker, { item, slices: [], known: time, request: undefined });
  }

  private complete(worker: number, time: number, failed: boolean): void {
    if (failed) this.failed += 1;
    this.close(worker, time, failed);
  }

  private close(worker: number, time: number, failed: boolean): void {
    const open = this.open.get(worker);
    if (!open) return;
    this.open.delete(worker);
    // Without requests the whole time is work; with one that has not ended, the rest is that request.
    const phase = open.request ? 'request' : open.slices.length === 0 ? 'work' : 'waiting';
    addSlice(open, phase, open.request?.from ?? open.known, time);
    const lane = this.lanes.get(worker) ?? [];
    for (const slice of open.slices) {
      if (slice.from < time) lane.push({ ...slice, to: Math.min(slice.to, time), failed });
    }
    this.lanes.set(worker, lane);
  }

  private noteModelEvent(type: string, data: TimedEvent['data'], worker: number, time: number): void {
    const open = this.open.get(worker);
    if (!open) return;
    if (type === 'model.request') {
      addSlice(open, 'waiting', open.known, time);
      open.request = { attempt: number(data.attempt) ?? 1, from: time };
    } else if (type === 'model.response') this.endRequest(open, data, worker, time);
    else if (type === 'model.retry') addSlice(open, 'pause', time, time + (number(data.delay_ms) ?? 0));
  }

  private endRequest(open: OpenItem, data: TimedEvent['data'], worker: number, time: number): void {
    const { request } = open;
    if (!request) return;
    open.request = undefined;
    const { from } = request;
    const queued = Math.min(time, from + (number(data.queue_ms) ?? 0));
    const first = number(data.first_token_ms);
    addSlice(open, 'queue', from, queued);
    if (first === null) addSlice(open, 'request', queued, time);
    else {
      const begun = Math.max(queued, Math.min(time, from + first));
      addSlice(open, 'prefill', queued, begun);
      addSlice(open, 'decode', begun, time);
    }
    const server = typeof data.server === 'string' ? data.server : 'the model';
    const failed = data.error === true;
    this.requests.push({ server, item: open.item, worker, attempt: request.attempt, from, to: time, failed });
  }

  private noteLimit(data: TimedEvent['data'], at: number): void {
    const limit = number(data.to);
    if (limit !== null && typeof data.server === 'string') this.limits.push({ server: data.server, at, limit });
  }
}

function addSlice(open: OpenItem, phase: Phase, from: number, to: number): void {
  if (to > from) open.slices.push({ phase, from, to, item: open.item, failed: false });
  open.known = Math.max(open.known, to);
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
