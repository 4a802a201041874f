import { decodeJson, failureToError } from './read-run.js';
import type { AnyStep, StepOutputs } from './step.js';
import { StepOutputError } from './workflow-errors.js';
import type { StepRecord } from './workflow-store.js';

/** How a step ended, for good. A failure is one that the run survives. */
export type Settled =
  | { readonly status: 'completed'; readonly value: unknown; readonly text: string | null }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'skipped' };

/** How the steps of one run ended so far. */
export class RunOutputs implements StepOutputs {
  private readonly settled = new Map<string, Settled>();

  constructor(private readonly stepIds: readonly string[]) {}

  /** Takes over what an earlier worker recorded: what had not ended will run again. */
  restore(record: StepRecord, tolerated: boolean): void {
    const { step, status } = record;
    if (status === 'skipped') this.settle(step, { status });
    if (status === 'completed') this.settle(step, { status, value: decodeJson(record.output), text: record.output });
    if (status === 'failed' && tolerated) this.settle(step, { status, error: failureToError(record.error) });
  }

  settle(step: string, settled: Settled): void {
    this.settled.set(step, settled);
  }

  of(step: string): Settled | undefined {
    return this.settled.get(step);
  }

  has(step: string | AnyStep): boolean {
    return this.settled.get(idOf(step))?.status === 'completed';
  }

  get(step: string | AnyStep): never {
    const id = idOf(step);
    const settled = this.settled.get(id);
    // `never` is what fits every type that the interface promises.
    if (settled?.status === 'completed') return settled.value as never;
    const completed = this.stepIds.filter((known) => this.has(known));
    if (settled?.status === 'failed') {
      throw new StepOutputError(id, 'has failed and has no output', completed, { cause: settled.error });
    }
    if (settled) throw new StepOutputError(id, 'was skipped and has no output', completed);
    if (this.stepIds.includes(id)) throw new StepOutputError(id, 'has not completed', completed);
    throw new StepOutputError(id, 'is not in this workflow', completed, { steps: this.stepIds });
  }
}

function idOf(step: string | AnyStep): string {
  return typeof step === 'string' ? step : step.id;
}
