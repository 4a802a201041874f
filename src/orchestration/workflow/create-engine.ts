import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { shareObserver } from '../../foundation/events/observers.js';
import { createId } from '../../foundation/ids.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { encodeJson } from '../../foundation/lossless-json.js';
import { nodeRuntime } from '../../foundation/runtime.js';
import { requireBoolean, requireSignal, requireText, requireWhole } from '../require-option.js';
import { ActiveRun, type EngineSettings } from './active-run.js';
import { decodeJson, failureToError, readRun, type WorkflowRun } from './run-values.js';
import { createStepLog } from './step-log.js';
import { mergeSettings } from './step-settings.js';
import { stepsOf, type Workflow } from './workflow.js';
import type {
  EngineOptions,
  StartedRun,
  WorkflowEngine,
  WorkflowListOptions,
  WorkflowResult,
  WorkflowResumeOptions,
  WorkflowStartOptions,
} from './workflow-engine.js';
import {
  describeIssue,
  WorkflowBusyError,
  WorkflowCancelledError,
  WorkflowError,
  WorkflowMismatchError,
  WorkflowRunUnknownError,
} from './workflow-errors.js';
import type { WorkflowRecord, WorkflowRunHeader, WorkflowStatus, WorkflowStore } from './workflow-store.js';

/**
 * Makes an engine.
 * @throws InvalidOptionError, UnknownObserverError
 *
 * @example
 * const engine = createEngine({ store: memoryStore() });
 * const { output } = await engine.run(workflow, { text: 'one two' }, { idempotencyKey: 'monday' });
 */
export function createEngine(options: EngineOptions): WorkflowEngine {
  requireKnown('createEngine', options, engineOptions);
  return new Engine(options);
}

const engineOptions: OptionNames<EngineOptions> = {
  store: true,
  observer: true,
  logger: true,
  runtime: true,
  leaseMs: true,
};
const resumeOptions: OptionNames<WorkflowResumeOptions> = { signal: true, takeOver: true };
const startOptions: OptionNames<WorkflowStartOptions> = { ...resumeOptions, idempotencyKey: true, runId: true };
const listOptions: OptionNames<WorkflowListOptions> = { workflow: true, status: true, limit: true, before: true };

const statuses: readonly WorkflowStatus[] = ['pending', 'running', 'completed', 'failed', 'cancelled'];

class Engine implements WorkflowEngine {
  private readonly store: WorkflowStore;
  private readonly settings: EngineSettings;
  private readonly active = new Map<string, ActiveRun>();

  constructor({ store, observer, logger, runtime = nodeRuntime, leaseMs = 15_000 }: EngineOptions) {
    this.store = Object(store).workflows ?? store;
    if (typeof Object(this.store).commit !== 'function')
      throw new InvalidOptionError('store', 'a store, as memoryStore() or libsqlStore()', store);
    requireWhole('leaseMs', leaseMs, 1);
    const log = createStepLog(logger);
    this.settings = { store: this.store, observer: shareObserver(observer), log, runtime, leaseMs };
  }

  async start<I, O>(workflow: Workflow<I, O>, input: I, options: WorkflowStartOptions = {}): Promise<StartedRun<O>> {
    requireWorkflow(workflow);
    requireKnown('start', options, startOptions);
    requireResumeOptions(options);
    const { runtime, leaseMs } = this.settings;
    const { idempotencyKey = null, runId = createId(runtime), signal, takeOver = false } = options;
    requireText('runId', runId);
    if (idempotencyKey !== null) requireText('idempotencyKey', idempotencyKey);
    const createdAt = runtime.wallTime();
    const text = encodeInput(workflow.id, input);
    const leaseUntil = createdAt + leaseMs;
    const { id, shape } = workflow;
    const wanted = { runId, workflow: id, shape, idempotencyKey, input: text, createdAt, leaseUntil };
    const { created, run } = await this.store.create(wanted);
    if (created) return started(run.runId, true, this.launch(workflow, run, signal));
    requireSame(workflow, run, text);
    const running = this.active.get(run.runId)?.result;
    return started(run.runId, false, running ?? this.resumeRecorded(workflow, run, signal, takeOver, false));
  }

  async run<I, O>(workflow: Workflow<I, O>, input: I, options: WorkflowStartOptions = {}): Promise<WorkflowResult<O>> {
    const { result } = await this.start(workflow, input, options);
    return result;
  }

  async resume<I, O>(
    workflow: Workflow<I, O>,
    runId: string,
    options: WorkflowResumeOptions = {},
  ): Promise<WorkflowResult<O>> {
    requireWorkflow(workflow);
    requireKnown('resume', options, resumeOptions);
    requireResumeOptions(options);
    requireText('runId', runId);
    const { signal, takeOver = false } = options;
    const run = await this.store.load(runId);
    if (!run) return this.unknown(runId);
    requireSame(workflow, run, run.input);
    if (this.active.has(runId)) throw new WorkflowBusyError(workflow.id, runId, 'this engine is running it');
    return started<O>(runId, false, this.resumeRecorded(workflow, run, signal, takeOver, true)).result;
  }

  async cancel(runId: string, options: { readonly reason?: unknown } = {}): Promise<WorkflowStatus> {
    requireText('runId', runId);
    requireKnown('cancel', options, { reason: true });
    const { reason = 'engine.cancel' } = options;
    const status = await this.store.cancel(runId, this.settings.runtime.wallTime());
    if (status === undefined) return this.unknown(runId);
    if (status === 'cancelled') this.active.get(runId)?.cancel(reason);
    return status;
  }

  async get(runId: string): Promise<WorkflowRun | undefined> {
    const run = await this.store.load(runId);
    return run && readRun(run);
  }

  async list(options: WorkflowListOptions = {}): Promise<readonly WorkflowRunHeader[]> {
    requireKnown('list', options, listOptions);
    const { workflow, status, limit = 50, before } = options;
    requireWhole('limit', limit, 1);
    if (workflow !== undefined) requireText('workflow', workflow);
    if (before !== undefined) requireText('before', before);
    if (status !== undefined && !statuses.includes(status)) {
      throw new InvalidOptionError('status', `one of ${statuses.join(', ')}`, status);
    }
    return this.store.list({ workflow, status, limit, before });
  }

  /** Resumes a recorded run, or returns its result. */
  private async resumeRecorded<I, O>(
    workflow: Workflow<I, O>,
    run: WorkflowRecord,
    signal: AbortSignal | undefined,
    takeOver: boolean,
    failedToo: boolean,
  ): Promise<WorkflowResult<unknown>> {
    const { runId } = run;
    if (run.status === 'completed') return recordedResult(workflow, run);
    if (run.status === 'cancelled' && run.cancelRequested) throw recordedCancel(workflow, run);
    if (run.status === 'failed' && !failedToo) {
      throw new WorkflowError(workflow.id, runId, null, 'it has failed before', failureToError(run.error));
    }
    const { runtime, leaseMs } = this.settings;
    const at = runtime.wallTime();
    const claim = await this.store.claim(runId, { at, leaseUntil: at + leaseMs, takeOver });
    if (!claim) return this.unknown(runId);
    if (claim.claimed) return this.launch(workflow, claim.run, signal);
    if (claim.run.status === 'completed') return recordedResult(workflow, claim.run);
    if (claim.run.status === 'cancelled') throw recordedCancel(workflow, claim.run);
    const until = new Date(claim.run.leaseUntil).toISOString();
    const problem = `another worker has it until at least ${until}; wait, or pass takeOver: true`;
    throw new WorkflowBusyError(workflow.id, runId, problem);
  }

  private launch<I, O>(workflow: Workflow<I, O>, run: WorkflowRecord, signal: AbortSignal | undefined) {
    const { runId } = run;
    const active = new ActiveRun(this.settings, workflow, run, signal);
    this.active.set(runId, active);
    return active.result.finally(() => {
      if (this.active.get(runId) === active) this.active.delete(runId);
    });
  }

  private async unknown(runId: string): Promise<never> {
    const newest = await this.store.list({ limit: 5 });
    throw new WorkflowRunUnknownError(
      runId,
      newest.map((run) => run.runId),
    );
  }
}

function started<O>(runId: string, created: boolean, result: Promise<WorkflowResult<unknown>>): StartedRun<O> {
  // Prevents an unhandled rejection.
  result.catch(() => {});
  // The compiler has checked that the steps give the output of the workflow.
  return { runId, created, result: result as Promise<WorkflowResult<O>> };
}

function recordedResult<I, O>(workflow: Workflow<I, O>, run: WorkflowRecord): WorkflowResult<unknown> {
  const failed = new Map(run.steps.filter(({ status }) => status === 'failed').map(({ step, error }) => [step, error]));
  const tolerated = workflow.stages
    .flatMap(stepsOf)
    .filter((step) => failed.has(step.id) && mergeSettings(step.settings, workflow.settings).continueOnError);
  const failures = tolerated.map(({ id }) => ({ step: id, error: failureToError(failed.get(id) ?? null) }));
  return { runId: run.runId, output: decodeJson(run.output), failures };
}

function recordedCancel<I, O>(workflow: Workflow<I, O>, run: WorkflowRecord): WorkflowCancelledError {
  return new WorkflowCancelledError(workflow.id, run.runId, true, 'it was cancelled for good');
}

/** @throws WorkflowMismatchError when a run is not one of this workflow with this input */
function requireSame<I, O>(workflow: Workflow<I, O>, run: WorkflowRecord, input: string | null): void {
  const mismatch = (problem: string) => new WorkflowMismatchError(workflow.id, run.runId, problem);
  if (run.workflow !== workflow.id) throw mismatch(`it is a run of workflow '${run.workflow}'`);
  if (run.shape !== workflow.shape) {
    throw mismatch(`it was started with the steps ${run.shape}, but the workflow now has ${workflow.shape}`);
  }
  if (run.input !== input) throw mismatch('it was started with another input under the same key or id');
}

function encodeInput(workflow: string, input: unknown): string | null {
  if (input === undefined) return null;
  const json = encodeJson(input);
  if (typeof json === 'string') return json;
  const problem = describeIssue({ path: json.path, message: `${json.found} is not JSON` });
  throw new InvalidOptionError(`input of workflow '${workflow}'`, `JSON (${problem})`, input);
}

function requireResumeOptions(options: WorkflowResumeOptions): void {
  const { signal, takeOver } = options;
  requireSignal('signal', signal);
  if (takeOver !== undefined) requireBoolean('takeOver', takeOver);
}

function requireWorkflow(workflow: unknown): void {
  const { stages } = Object(workflow) as { readonly stages?: unknown };
  if (!Array.isArray(stages)) throw new InvalidOptionError('workflow', 'made by defineWorkflow(…).build()', workflow);
}
