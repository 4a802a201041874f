import { ParallelCancelledError, ParallelError } from '../parallel/parallel-errors.js';
import { processParallel } from '../parallel/process-parallel.js';
import { type AttemptNotices, type RunSurroundings, runStep, type StepCall, type StepEnd } from './step-attempts.js';
import { recordFailure, type StepJournal } from './step-journal.js';
import { StepValidationError } from './workflow-errors.js';
import {
  type ItemRecord,
  listItem,
  type PauseRecord,
  type WorkflowChange,
  type WorkflowStateEntry,
} from './workflow-store.js';

/** Where the items of a map step are recorded. */
export interface ItemRecords {
  readonly journal: StepJournal;
  /** The results that are recorded, and the list, by position. */
  readonly recorded: ReadonlyMap<number, string | null>;
  record(change: WorkflowChange): Promise<void>;
}

/**
 * Runs the items of a map step that are not recorded, and records the result of each. The list is recorded before its first
 * item, so that a resumed run has the same one.
 * @throws only what `record` throws
 */
export async function runMap(call: StepCall, run: RunSurroundings, records: ItemRecords): Promise<StepEnd> {
  const list = await readList(call, run, records);
  if (list.status !== 'completed') return list;
  return new MapItems(call, run, records, JSON.parse(list.text ?? '[]') as unknown[]).run();
}

/** The recorded list, or that which the step makes of its input. */
async function readList(call: StepCall, run: RunSurroundings, { recorded, record }: ItemRecords): Promise<StepEnd> {
  const text = recorded.get(listItem);
  if (text !== undefined) return { status: 'completed', attempt: 1, text, state: undefined };
  const { step } = call;
  const execute: StepCall['step']['execute'] = async (context, input) => {
    const items = await step.map?.items(context, input);
    if (Array.isArray(items)) return items;
    throw new StepValidationError(step.id, 'input', [{ path: '', message: 'items must return an array' }]);
  };
  const end = await runStep({ ...call, step: { ...step, execute } }, run, silent);
  if (end.status === 'completed') await record({ items: [{ step: step.id, item: listItem, value: end.text }] });
  return end;
}

const silent: AttemptNotices = { async onRetry() {}, async onAttempt() {} };

class MapItems {
  /** The input of each item, as JSON: every attempt reads a value of its own. */
  private readonly inputs: readonly string[];
  private readonly outputs: (string | null)[];
  private readonly failures = new Map<number, unknown>();
  private firstFailure: StepEnd | undefined;
  private readonly pauses: PauseRecord[] = [];
  private readonly batch: ItemBatch;
  /** Why the results can no longer be recorded. */
  private lost: { readonly error: unknown } | undefined;

  constructor(
    private readonly call: StepCall,
    private readonly surroundings: RunSurroundings,
    private readonly records: ItemRecords,
    list: readonly unknown[],
  ) {
    this.inputs = list.map((item) => JSON.stringify(item));
    this.outputs = list.map((_, index) => records.recorded.get(index) ?? null);
    this.batch = new ItemBatch(surroundings, records);
  }

  async run(): Promise<StepEnd> {
    const { step, scope } = this.call;
    const { failFast = true, concurrency } = step.map ?? {};
    const open = [...this.inputs.keys()].filter((index) => !this.records.recorded.has(index));
    const { runtime } = this.surroundings;
    try {
      const runItem = (index: number, { signal }: { signal: AbortSignal }) => this.runItem(index, signal);
      await processParallel(open, runItem, { concurrency, failFast, signal: scope, runtime });
    } catch (error) {
      if (this.lost) throw this.lost.error;
      if (error instanceof ParallelCancelledError) return { status: 'cancelled', attempt: 1, error: scope.reason };
      if (!(error instanceof ParallelError && this.firstFailure)) throw error;
      if (failFast || this.failures.size === this.inputs.length) return this.firstFailure;
    }
    if (this.lost) throw this.lost.error;
    if (this.pauses.length > 0) return { status: 'paused', attempt: 1, pauses: this.pauses };
    return { status: 'completed', attempt: 1, text: this.render(failFast), state: undefined };
  }

  private async runItem(item: number, scope: AbortSignal): Promise<void> {
    const { step, settings } = this.call;
    const { journal } = this.records;
    const { runtime } = this.surroundings;
    const startedAt = runtime.now();
    journal.startItem(step.id, item);
    const notices: AttemptNotices = {
      async onRetry(attempt, error, durationMs) {
        journal.announceItemRetry(step.id, item, attempt, error, durationMs);
      },
      async onAttempt() {},
    };
    const readInput = () => JSON.parse(this.inputs[item] ?? 'null');
    const end = await runStep({ step, settings, readInput, scope, item }, this.surroundings, notices);
    if (end.status === 'paused') {
      this.pauses.push(...end.pauses);
    } else if (end.status !== 'completed') {
      journal.announceItemEnd(step.id, item, startedAt, end);
      if (end.status === 'failed') {
        this.failures.set(item, end.error);
        this.firstFailure ??= { ...end, item };
      }
      throw end.error;
    }
    try {
      if (end.status === 'paused') await this.records.record({ pauses: end.pauses });
      else await this.batch.add({ step: step.id, item, value: end.text }, end.state);
    } catch (error) {
      this.lost ??= { error };
      journal.announceItemEnd(step.id, item, startedAt, end, { error });
      throw error;
    }
    if (end.status === 'completed') this.outputs[item] = end.text;
    journal.announceItemEnd(step.id, item, startedAt, end);
  }

  /** The output of the step: the results, or, without `failFast`, the outcomes, in the order of the list. */
  private render(failFast: boolean): string {
    if (failFast) return `[${this.outputs.map((text) => text ?? 'null').join()}]`;
    const outcomes = this.outputs.map((text, index) => {
      if (!this.failures.has(index)) return `{"status":"ok"${text === null ? '' : `,"value":${text}`}}`;
      return JSON.stringify({ status: 'failed', error: recordFailure(this.failures.get(index)) });
    });
    return `[${outcomes.join()}]`;
  }
}

/** Records the results that end in the same turn of the event loop in one change. */
class ItemBatch {
  private items: ItemRecord[] = [];
  private state: WorkflowStateEntry[] = [];
  private written: Promise<void> | undefined;

  constructor(
    private readonly surroundings: RunSurroundings,
    private readonly records: ItemRecords,
  ) {}

  /** Resolves when the result is recorded. */
  add(item: ItemRecord, state: readonly WorkflowStateEntry[] | undefined): Promise<void> {
    this.items.push(item);
    if (state) this.state.push(...state);
    this.written ??= this.write();
    return this.written;
  }

  private async write(): Promise<void> {
    await new Promise<void>((resolve) => void this.surroundings.runtime.nextTurn(resolve));
    const { items, state } = this;
    this.items = [];
    this.state = [];
    this.written = undefined;
    await this.records.record({ items, state });
    this.surroundings.state.apply(state);
  }
}
