import { encodeJson } from '../../foundation/lossless-json.js';
import type { AnyStep, StepOutputs, StepState } from './step.js';
import { StepOutputError, StepValidationError } from './workflow-errors.js';
import type {
  PauseRecord,
  RecordedFailure,
  RunHeaderRecord,
  StepRecord,
  WorkflowPause,
  WorkflowRecord,
  WorkflowStateEntry,
} from './workflow-store.js';

/** A run without its values, as `engine.list` returns it. */
export interface WorkflowRunHeader extends Omit<RunHeaderRecord, 'pauses'> {
  /** By step, item and number; those with an answer too. */
  readonly pauses: readonly WorkflowPause[];
}

/** A step of a recorded run. Times are milliseconds since the epoch. */
export interface StepRun extends Omit<StepRecord, 'output'> {
  /** Undefined unless the step has completed. */
  readonly output: unknown;
}

/** A recorded run, as `engine.get` returns it. */
export interface WorkflowRun extends WorkflowRunHeader {
  readonly input: unknown;
  /** Undefined unless the run has completed. */
  readonly output: unknown;
  /** In the order in which they began; those that have not begun are missing. */
  readonly steps: readonly StepRun[];
  /** What the steps share. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** A header of a store with its values decoded. */
export function readHeader<H extends RunHeaderRecord>(header: H): Omit<H, 'pauses'> & WorkflowRunHeader {
  return { ...header, pauses: header.pauses.map(readPause) };
}

export function readPause(pause: PauseRecord): WorkflowPause {
  return { ...pause, payload: decodeJson(pause.payload), value: decodeJson(pause.value) };
}

/** Those that wait for an answer. */
export function openPauses(pauses: readonly PauseRecord[]): readonly PauseRecord[] {
  return pauses.filter(({ answeredAt }) => answeredAt === null);
}

/** A record of a store with its values decoded. */
export function readRun(record: WorkflowRecord): WorkflowRun {
  const { shape: _shape, fence: _fence, leaseUntil: _leaseUntil, steps, state, items: _items, ...header } = record;
  return {
    ...readHeader(header),
    input: decodeJson(record.input),
    output: decodeJson(record.output),
    steps: steps.map((step) => ({ ...step, output: decodeJson(step.output) })),
    state: Object.fromEntries(state.map(({ key, value }) => [key, decodeJson(value)])),
  };
}

/** The value of a JSON text; undefined if there is none. */
export function decodeJson(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

/** A recorded failure as an error again. */
export function failureToError(failure: RecordedFailure | null): Error {
  const error = new Error(failure?.message ?? 'no failure is recorded');
  if (failure && failure.name !== error.name) Object.defineProperty(error, 'name', { value: failure.name });
  if (failure && failure.code !== null) Object.assign(error, { code: failure.code });
  return error;
}

/** The final outcome of a step. A failure is one that the run tolerates. */
type Settled =
  | { readonly status: 'completed'; readonly text: string | null }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'skipped' };

/** The outcomes of the steps of one run so far. Each reader gets a value of its own. */
export class RunOutputs implements StepOutputs {
  private readonly settled = new Map<string, Settled>();

  constructor(private readonly stepIds: readonly string[]) {}

  /** Takes over what an earlier worker recorded. Steps that had not ended will run again. */
  restore({ step, status, output, error }: StepRecord, tolerated: boolean): void {
    if (status === 'skipped') this.settle(step, { status });
    if (status === 'completed') this.settle(step, { status, text: output });
    if (status === 'failed' && tolerated) this.settle(step, { status, error: failureToError(error) });
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
    // `never` is assignable to every type that the interface promises.
    if (settled?.status === 'completed') return decodeJson(settled.text) as never;
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

/** The pauses of a run as they were recorded when its worker got it. */
export class RunPauses {
  constructor(private readonly recorded: readonly PauseRecord[]) {}

  /** The n-th pause of a step, or of an item, if it has an answer. */
  answerTo(step: string, item: number | null, number: number): PauseRecord | undefined {
    return this.of(step, item).find((pause) => pause.number === number && pause.answeredAt !== null);
  }

  /** The pause of a step, or of an item, that waits for an answer. */
  openOf(step: string, item: number | null): PauseRecord | undefined {
    return this.recorded.length === 0 ? undefined : openPauses(this.of(step, item))[0];
  }

  private of(step: string, item: number | null): readonly PauseRecord[] {
    return this.recorded.filter((pause) => pause.step === step && pause.item === item);
  }
}

/** The values that the steps of a run share, as they are recorded. */
export class RunState implements Pick<StepState, 'get' | 'has'> {
  private readonly texts = new Map<string, string>();

  constructor(entries: readonly WorkflowStateEntry[]) {
    this.apply(entries);
  }

  get(key: string): unknown {
    return decodeJson(this.texts.get(key) ?? null);
  }

  has(key: string): boolean {
    return this.texts.has(key);
  }

  apply(entries: readonly WorkflowStateEntry[]): void {
    for (const { key, value } of entries) {
      if (value === null) this.texts.delete(key);
      else this.texts.set(key, value);
    }
  }
}

/** The shared values as one attempt of a step sees and changes them; its changes count when the step completes. */
export class AttemptState implements StepState {
  private readonly changed = new Map<string, string | null>();

  constructor(
    private readonly step: string,
    private readonly shared: RunState,
  ) {}

  get(key: string): unknown {
    const changed = this.changed.get(key);
    return changed === undefined ? this.shared.get(key) : decodeJson(changed);
  }

  has(key: string): boolean {
    const changed = this.changed.get(key);
    return changed === undefined ? this.shared.has(key) : changed !== null;
  }

  set(key: string, value: unknown): void {
    if (value === undefined) {
      this.delete(key);
      return;
    }
    const json = encodeJson(value);
    if (typeof json !== 'string') {
      const path = json.path === '' ? key : `${key}.${json.path}`;
      const message = `${json.found} is not JSON`;
      throw new StepValidationError(this.step, 'state', [{ path, message }]);
    }
    this.changed.set(key, json);
  }

  delete(key: string): void {
    this.changed.set(key, null);
  }

  changes(): readonly WorkflowStateEntry[] {
    return [...this.changed].map(([key, value]) => ({ key, value }));
  }
}
