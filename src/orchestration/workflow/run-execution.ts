import { linkAbort } from '../../foundation/abort.js';
import type { Emit } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { runMap } from './map-items.js';
import { decodeJson, RunOutputs, RunPauses, RunState, readPause } from './run-values.js';
import type { RunWriter } from './run-writer.js';
import type { AnyStep } from './step.js';
import { ConditionCall, type RunSurroundings, runStep, type StepCall, type StepEnd } from './step-attempts.js';
import { StepJournal } from './step-journal.js';
import { mergeSettings, type StepSettings } from './step-settings.js';
import { type Stage, stepsOf, type Workflow } from './workflow.js';
import { isRunLost, WorkflowError, WorkflowPausedError } from './workflow-errors.js';
import type { PauseRecord, WorkflowChange, WorkflowRecord, WorkflowRunChange } from './workflow-store.js';

type Choice = Stage & { kind: 'choice' };

/** One run of a workflow by one worker. */
interface ExecutionOptions {
  readonly workflow: Workflow;
  /** The run as it stood when the worker got it. */
  readonly record: WorkflowRecord;
  readonly writer: RunWriter;
  /** Aborted when the run must stop. */
  readonly scope: AbortSignal;
  readonly runtime: Runtime;
  readonly emit: Emit | undefined;
  readonly loggerFor: RunSurroundings['loggerFor'];
}

/** What goes from one stage to the next. */
interface Flow {
  /** Decodes a value for one consumer: what the consumer does to it nobody else sees. */
  readonly read: () => unknown;
  /** What is recorded. */
  readonly text: () => string | null;
}

/**
 * Runs the rest of a run, stage by stage. The completion of a step and the beginning of what follows are one change, so
 * a chain of n steps is written in n + 1 changes.
 */
export class RunExecution implements RunSurroundings {
  readonly runId: string;
  readonly readInput: () => unknown;
  readonly outputs: RunOutputs;
  readonly state: RunState;
  readonly pauses: RunPauses;
  readonly runtime: Runtime;
  readonly loggerFor: RunSurroundings['loggerFor'];
  private readonly journal: StepJournal;
  private readonly settings = new Map<string, StepSettings>();
  private readonly mapSteps = new Set<string>();
  /** Goes with the first change. */
  private opening: WorkflowRunChange | undefined;
  /** The stage whose steps were recorded as begun together with the end of the stage before. */
  private begun = -1;
  private completed = false;
  /** Where the run waits for answers. */
  private readonly waiting: PauseRecord[] = [];

  constructor(private readonly options: ExecutionOptions) {
    const { workflow, record, runtime, emit, loggerFor } = options;
    this.runId = record.runId;
    this.readInput = () => decodeJson(record.input);
    // A record that cannot be read is no failure of a step.
    this.readInput();
    this.outputs = new RunOutputs(workflow.stepIds);
    this.state = new RunState(record.state);
    this.pauses = new RunPauses(record.pauses);
    this.runtime = runtime;
    this.loggerFor = loggerFor;
    this.journal = new StepJournal(record.runId, emit, runtime);
    this.opening = { status: 'running', startedAt: record.startedAt ?? runtime.wallTime() };
    for (const step of workflow.stages.flatMap(stepsOf)) {
      this.settings.set(step.id, mergeSettings(step.settings, workflow.settings));
      if (step.map) this.mapSteps.add(step.id);
    }
    for (const step of record.steps) this.outputs.restore(step, this.tolerates(step.step));
  }

  /** The output of the run. @throws WorkflowError, why the run is lost, or the reason of the scope */
  async run(): Promise<unknown> {
    const { workflow, record, scope } = this.options;
    let flow: Flow = { read: this.readInput, text: () => record.input };
    for (const [index, stage] of workflow.stages.entries()) {
      // Steps that are recorded as begun must record their own end.
      if (scope.aborted && this.begun !== index) throw scope.reason;
      if (stage.kind === 'choice') flow = await this.choose(index, stage, flow);
      else flow = await this.together(index, stage.steps, flow);
    }
    if (!this.completed) await this.commit({ run: this.completion(flow.text()) });
    return flow.read();
  }

  /** The failures that the run tolerated, in the order of the workflow. */
  get failures(): readonly { readonly step: string; readonly error: unknown }[] {
    return this.options.workflow.stepIds.flatMap((step) => {
      const settled = this.outputs.of(step);
      return settled?.status === 'failed' ? [{ step, error: settled.error }] : [];
    });
  }

  /** Runs the steps of a stage in parallel; the first failure stops the others. */
  private async together(index: number, steps: readonly AnyStep[], flow: Flow): Promise<Flow> {
    const open = steps.filter((step) => !this.outputs.of(step.id));
    const after = () => this.after(steps);
    if (open.length === 0) return after();
    // Unless that was recorded with the end of the stage before.
    if (this.begun !== index) await this.commit(this.beginning(index, open));
    for (const step of open) this.journal.start(step.id);
    const [only] = open;
    if (only && open.length === 1) {
      await this.runOne(only, flow, this.options.scope, () => this.next(index, after()));
      this.throwIfPaused();
      return after();
    }
    const group = linkAbort(this.options.scope);
    let left = open.length;
    let failure: { readonly error: unknown } | undefined;
    const next = () => {
      left -= 1;
      return left === 0 && !failure ? this.next(index, after()) : undefined;
    };
    const fail = (error: unknown) => {
      failure ??= { error };
      group.abort(failure.error);
    };
    try {
      await Promise.all(open.map((step) => this.runOne(step, flow, group.signal, next, fail).catch(fail)));
    } finally {
      group.release();
    }
    if (failure) throw failure.error;
    this.throwIfPaused();
    return after();
  }

  /**
   * Runs a step and records its end.
   * @param next what is recorded together with an end after which the run continues
   * @param onFailure called before the end is recorded
   */
  private async runOne(
    step: AnyStep,
    flow: Flow,
    scope: AbortSignal,
    next: () => WorkflowChange | undefined,
    onFailure?: (error: WorkflowError) => void,
  ): Promise<void> {
    const { id } = step;
    const end = await this.attempt({ step, settings: this.settingsOf(id), readInput: flow.read, scope });
    if (end.status === 'paused') {
      this.waiting.push(...end.pauses);
      return this.recordEnd(id, end, undefined);
    }
    const failure = this.failureAt(id, end);
    if (failure && end.status === 'failed') onFailure?.(failure);
    if (end.status === 'completed') this.outputs.settle(id, end);
    else if (!failure) this.outputs.settle(id, { status: 'failed', error: end.error });
    await this.recordEnd(id, end, failure ? undefined : (next() ?? {}));
    if (failure) throw end.status === 'cancelled' ? scope.reason : failure;
  }

  /** @throws when an attempt cannot be recorded */
  private async attempt(call: StepCall): Promise<StepEnd> {
    const { id } = call.step;
    let latest = 1;
    try {
      const record = (change: WorkflowChange) => this.commit(change, id);
      if (call.step.map)
        return await runMap(call, this, { journal: this.journal, recorded: this.recordedItems(id), record });
      return await runStep(call, this, {
        onRetry: async (attempt, error, durationMs) => {
          latest = attempt;
          await this.commit({ steps: [this.journal.retrying(id, attempt, error)] }, id);
          this.journal.announceRetry(id, attempt, error, durationMs);
        },
        onAttempt: async (attempt) => {
          latest = attempt;
          await this.commit({ steps: [this.journal.again(id, attempt)] }, id);
        },
      });
    } catch (error) {
      this.journal.announceEnd(id, { status: isRunLost(error) ? 'cancelled' : 'failed', attempt: latest, error });
      throw error;
    }
  }

  private recordedItems(step: string): ReadonlyMap<number, string | null> {
    const ofStep = this.options.record.items.filter((item) => item.step === step);
    return new Map(ofStep.map(({ item, value }) => [item, value]));
  }

  private throwIfPaused(): void {
    if (this.waiting.length === 0) return;
    throw new WorkflowPausedError(this.options.workflow.id, this.runId, this.waiting.map(readPause));
  }

  private failureAt(step: string, end: Exclude<StepEnd, { status: 'paused' }>): WorkflowError | undefined {
    if (end.status === 'completed' || (end.status === 'failed' && this.tolerates(step))) return undefined;
    const what = end.item === undefined ? `step '${step}'` : `item ${end.item} of step '${step}'`;
    const problem = `${what} failed after ${end.attempt} attempt${end.attempt === 1 ? '' : 's'}`;
    return new WorkflowError(this.options.workflow.id, this.runId, step, problem, end.error);
  }

  private async recordEnd(step: string, end: StepEnd, next: WorkflowChange | undefined): Promise<void> {
    const steps = [this.journal.end(step, end), ...(next?.steps ?? [])];
    const dropItems = next && this.mapSteps.has(step) ? step : undefined;
    const state = end.status === 'completed' ? end.state : undefined;
    const pauses = end.status === 'paused' ? end.pauses : undefined;
    try {
      await this.commit({ steps, state, pauses, run: next?.run, dropItems }, step);
    } catch (error) {
      this.journal.announceEnd(step, end, { error });
      throw error;
    }
    if (state) this.state.apply(state);
    this.completed = next?.run !== undefined;
    this.journal.announceEnd(step, end);
  }

  /** Chooses by what is recorded, else by the condition. */
  private async choose(index: number, stage: Choice, flow: Flow): Promise<Flow> {
    const { step, otherwise } = stage;
    const chosen = (await this.holds(stage, flow)) ? step : otherwise;
    const skipped = chosen === step ? otherwise : step;
    if (skipped && !this.outputs.of(skipped.id)) {
      const record = this.journal.skip(skipped.id);
      this.outputs.settle(skipped.id, { status: 'skipped' });
      const next = chosen ? this.beginning(index, [chosen]) : this.next(index, flow);
      await this.commit({ ...next, steps: [record, ...(next.steps ?? [])] });
      this.completed = next.run !== undefined;
      this.journal.announceSkip(skipped.id);
    }
    return chosen ? this.together(index, [chosen], flow) : flow;
  }

  private async holds({ condition, step, otherwise }: Choice, flow: Flow): Promise<boolean> {
    const before = this.options.record.steps.find((record) => record.step === step.id)?.status;
    if (before !== undefined) return before !== 'skipped';
    const other = otherwise && this.outputs.of(otherwise.id);
    if (other) return other.status === 'skipped';
    const { workflow, scope } = this.options;
    const { timeoutMs } = this.settingsOf(step.id);
    const call = new ConditionCall(this, scope);
    const expire = () => new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError');
    try {
      return Boolean(await call.within(timeoutMs, expire, () => condition(call, flow.read())));
    } catch (error) {
      if (scope.aborted) throw scope.reason;
      const problem = `the condition before step '${step.id}' failed`;
      throw new WorkflowError(workflow.id, this.runId, step.id, problem, error);
    }
  }

  private beginning(index: number, open: readonly AnyStep[]): WorkflowChange {
    this.begun = index;
    return { steps: open.map((step) => this.journal.begin(step.id)) };
  }

  /** What is recorded with the end of a stage: that the next one begins, or that the run is complete. */
  private next(index: number, flow: Flow): WorkflowChange {
    const stage = this.options.workflow.stages[index + 1];
    if (!stage) return { run: this.completion(flow.text()) };
    if (stage.kind === 'choice' || this.options.scope.aborted) return {};
    const open = stage.steps.filter((step) => !this.outputs.of(step.id));
    return open.length > 0 ? this.beginning(index + 1, open) : {};
  }

  private completion(output: string | null): WorkflowRunChange {
    return { status: 'completed', output, completedAt: this.runtime.wallTime() };
  }

  /** What the next stage receives: the output of one step, or those of several by id. */
  private after(steps: readonly AnyStep[]): Flow {
    const text = (id: string) => {
      const settled = this.outputs.of(id);
      return settled?.status === 'completed' ? settled.text : null;
    };
    const [first] = steps;
    if (first && steps.length === 1) return { read: () => decodeJson(text(first.id)), text: () => text(first.id) };
    const member = (id: string, json: string | null) => (json === null ? [] : [`${JSON.stringify(id)}:${json}`]);
    return {
      read: () => Object.fromEntries(steps.map(({ id }) => [id, decodeJson(text(id))])),
      text: () => `{${steps.flatMap(({ id }) => member(id, text(id))).join()}}`,
    };
  }

  private tolerates(step: string): boolean {
    return this.settingsOf(step).continueOnError;
  }

  private settingsOf(step: string): StepSettings {
    return this.settings.get(step) ?? mergeSettings();
  }

  /** @throws why the run is lost, or a WorkflowError with what the store threw */
  private async commit(change: WorkflowChange, step: string | null = null): Promise<void> {
    const { writer, workflow } = this.options;
    const { opening } = this;
    this.opening = undefined;
    try {
      await writer.commit(opening ? { ...change, run: { ...opening, ...change.run } } : change);
    } catch (error) {
      if (isRunLost(error)) throw error;
      const what = step === null ? 'its progress' : `what step '${step}' did`;
      throw new WorkflowError(workflow.id, this.runId, step, `${what} could not be recorded`, error);
    }
  }
}
