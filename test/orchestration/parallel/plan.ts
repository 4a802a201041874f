import fc from 'fast-check';
import { sleep } from '../../../src/foundation/abort.js';
import type { Runtime, TaskContext } from '../../../src/orchestration/index.js';

/** What one item is going to do. */
export interface ItemPlan {
  /** How long it works on the manual clock; 0 for microtasks only. */
  readonly durationMs: number;
  /** Turns of the microtask queue before it ends. */
  readonly hops: number;
  readonly end: 'value' | 'rejection' | 'throw' | 'nothing';
  /** Whether an abort ends its work. */
  readonly obedient: boolean;
}

/** Items most of which succeed, so that runs reach every phase. */
export const itemPlan: fc.Arbitrary<ItemPlan> = fc.record({
  durationMs: fc.integer({ min: 0, max: 8 }),
  hops: fc.integer({ min: 0, max: 4 }),
  end: fc.oneof(
    { weight: 12, arbitrary: fc.constant('value' as const) },
    { weight: 1, arbitrary: fc.constantFrom('rejection' as const, 'throw' as const, 'nothing' as const) },
  ),
  obedient: fc.boolean(),
});

/** Does what the plans say, and watches the rules that hold at every moment. */
export class Workshop {
  /** Indices in the order of the starts. */
  readonly started: number[] = [];
  readonly startedAt: number[] = [];
  running = 0;
  peak = 0;
  /** Rules that were broken. */
  readonly violations: string[] = [];
  private readonly busyWorkers = new Set<number>();

  constructor(private readonly runtime: Runtime) {}

  readonly process = (plan: ItemPlan, context: TaskContext): Promise<string> => {
    const { index, workerId } = context;
    if (this.busyWorkers.has(workerId)) this.violations.push(`worker ${workerId} has two items`);
    if (index !== this.started.length) this.violations.push(`item ${index} is not the next`);
    if (context.signal.aborted) this.violations.push(`item ${index} was started after the stop`);
    this.started.push(index);
    this.startedAt.push(this.runtime.now());
    if (plan.end === 'throw') throw new Error(`item ${index} threw`);
    this.busyWorkers.add(workerId);
    this.running += 1;
    this.peak = Math.max(this.peak, this.running);
    return this.work(plan, context).finally(() => {
      this.busyWorkers.delete(workerId);
      this.running -= 1;
    });
  };

  private async work({ durationMs, hops, end, obedient }: ItemPlan, { index, signal }: TaskContext): Promise<string> {
    if (durationMs > 0) await sleep(this.runtime, durationMs, obedient ? signal : undefined);
    for (let hop = 0; hop < hops; hop += 1) await undefined;
    if (end === 'rejection') throw new Error(`item ${index} failed`);
    if (end === 'nothing') throw undefined;
    return `value of ${index}`;
  }
}

/**
 * When items start that are taken in order by a number of machines, each by the one that is free first: the list
 * schedule (R. L. Graham, "Bounds for certain multiprocessing anomalies", 1966).
 */
export function listSchedule(durations: readonly number[], machines: number): number[] {
  const freeAt = Array<number>(machines).fill(0);
  return durations.map((duration) => {
    const start = Math.min(...freeAt);
    freeAt[freeAt.indexOf(start)] = start + duration;
    return start;
  });
}
