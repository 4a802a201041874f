import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { shareObserver } from '../../foundation/events/observers.js';
import { createId } from '../../foundation/ids.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime } from '../../foundation/runtime.js';
import { defaultLeaseMs, requireLease } from '../lease.js';
import { workerCount } from '../parallel/workers.js';
import { requireBoolean, requireSignal, requireText, requireWhole } from '../require-option.js';
import { heldByAnother, RunBusyError, RunMismatchError } from '../run-errors.js';
import { ActiveRun, type EngineSettings } from './active-run.js';
import { isTaken, openRunsOf, waitForRun } from './open-runs.js';
import { readPruneOptions, requireStatus } from './prune-filter.js';
import { encodeOption, findAnswer, findMismatch, recordedEnd, requireSame, requireUnfailed } from './recorded-run.js';
import { readHeader, readRun, type WorkflowRun, type WorkflowRunHeader } from './run-values.js';
import { createStepLog } from './step-log.js';
import { Turns } from './turns.js';
import type { Workflow } from './workflow.js';
import type {
  EngineOptions,
  StartedRun,
  WorkflowAnswerOptions,
  WorkflowEngine,
  WorkflowListOptions,
  WorkflowPruneOptions,
  WorkflowRecoverOptions,
  WorkflowRecovery,
  WorkflowResult,
  WorkflowResumeOptions,
  WorkflowStartOptions,
} from './workflow-engine.js';
import { WorkflowCancelledError, WorkflowRunUnknownError } from './workflow-errors.js';
import type { PauseAnswer, WorkflowClaim, WorkflowRecord, WorkflowStatus, WorkflowStore } from './workflow-store.js';

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
  workflows: true,
};
const resumeOptions: OptionNames<WorkflowResumeOptions> = { signal: true, takeOver: true, wait: true };
const answerOptions: OptionNames<WorkflowAnswerOptions> = { ...resumeOptions, value: true, step: true, item: true };
const startOptions: OptionNames<WorkflowStartOptions> = { ...resumeOptions, idempotencyKey: true, runId: true };
const recoverOptions: OptionNames<WorkflowRecoverOptions> = {
  signal: true,
  takeOver: true,
  maxAttempts: true,
  concurrency: true,
};
const listOptions: OptionNames<WorkflowListOptions> = { workflow: true, status: true, limit: true, before: true };

class Engine implements WorkflowEngine {
  private readonly store: WorkflowStore;
  private readonly settings: EngineSettings;
  private readonly workflows: readonly Workflow[];
  private readonly active = new Map<string, ActiveRun>();
  /** Why runs that wait for their turn do not begin. */
  private closed: DOMException | undefined;

  constructor({
    store,
    observer,
    logger,
    runtime = nodeRuntime,
    leaseMs = defaultLeaseMs,
    workflows = [],
  }: EngineOptions) {
    this.store = Object(store).workflows ?? store;
    if (typeof Object(this.store).commit !== 'function')
      throw new InvalidOptionError('store', 'a store, as memoryStore() or libsqlStore()', store);
    requireLease('leaseMs', leaseMs);
    if (!Array.isArray(workflows)) throw new InvalidOptionError('workflows', 'an array of workflows', workflows);
    for (const workflow of workflows) requireWorkflow(workflow);
    this.workflows = workflows;
    const log = createStepLog(logger);
    this.settings = { store: this.store, observer: shareObserver(observer), log, runtime, leaseMs };
  }

  async start<I, O>(workflow: Workflow<I, O>, input: I, options: WorkflowStartOptions = {}): Promise<StartedRun<O>> {
    requireWorkflow(workflow);
    requireKnown('start', options, startOptions);
    requireResumeOptions(options);
    const { runtime, leaseMs } = this.settings;
    const { idempotencyKey = null, runId = createId(runtime), signal } = options;
    requireText('runId', runId);
    if (idempotencyKey !== null) requireText('idempotencyKey', idempotencyKey);
    const createdAt = runtime.wallTime();
    const text = encodeOption(`input of workflow '${workflow.id}'`, input);
    const leaseUntil = createdAt + leaseMs;
    const { id, shape } = workflow;
    const wanted = { runId, workflow: id, shape, idempotencyKey, input: text, createdAt, leaseUntil };
    const { created, run } = await this.store.create(wanted);
    if (created) return started(run.runId, true, this.launch(workflow, run, signal));
    requireSame(workflow, run, text);
    const running = this.active.get(run.runId)?.result;
    return started(run.runId, false, running ?? this.resumeRecorded(workflow, run, options));
  }

  async run<I, O>(workflow: Workflow<I, O>, input: I, options: WorkflowStartOptions = {}): Promise<WorkflowResult<O>> {
    const { result } = await this.start(workflow, input, options);
    return result;
  }

  async resume<I, O>(
    workflow: Workflow<I, O>,
    runId: string,
    options: WorkflowAnswerOptions = {},
  ): Promise<WorkflowResult<O>> {
    requireWorkflow(workflow);
    requireKnown('resume', options, answerOptions);
    requireResumeOptions(options);
    requireText('runId', runId);
    const run = await this.store.load(runId);
    if (!run) return this.unknown(runId);
    requireSame(workflow, run, run.input);
    const running = this.active.get(runId)?.result;
    if (running && options.wait) return started<O>(runId, false, running).result;
    if (running) throw new RunBusyError(runId, 'this engine is running it', { workflow: workflow.id });
    const answer = findAnswer(workflow, run, options);
    return started<O>(runId, false, this.resumeRecorded(workflow, run, options, answer ?? 'failed runs too')).result;
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = new DOMException('the engine was closed', 'AbortError');
    const running = [...this.active.values()];
    for (const run of running) run.stop(this.closed);
    await Promise.allSettled(running.map(({ result }) => result));
  }

  async list(options: WorkflowListOptions = {}): Promise<readonly WorkflowRunHeader[]> {
    requireKnown('list', options, listOptions);
    const { workflow, status, limit = 50, before } = options;
    requireWhole('limit', limit, 1);
    if (workflow !== undefined) requireText('workflow', workflow);
    if (before !== undefined) requireText('before', before);
    if (status !== undefined) requireStatus(status);
    const headers = await this.store.list({ workflow, status, limit, before });
    return headers.map(readHeader);
  }

  async delete(runId: string): Promise<boolean> {
    requireText('runId', runId);
    const run = await this.store.load(runId);
    if (!run) return false;
    const answer = await this.store.delete(runId, this.settings.runtime.wallTime());
    if (answer === 'leased')
      throw new RunBusyError(runId, 'a worker has it', { workflow: run.workflow, remedy: 'cancel it first' });
    return answer === 'deleted';
  }

  async prune(options: WorkflowPruneOptions): Promise<number> {
    return this.store.prune(readPruneOptions(options, this.settings.runtime.wallTime()));
  }

  /**
   * Resumes a recorded run, or returns its result.
   * @param request the answer to a pause; or whether a failed run is resumed, too
   */
  private async resumeRecorded<I, O>(
    workflow: Workflow<I, O>,
    run: WorkflowRecord,
    { signal, takeOver = false, wait = false }: WorkflowResumeOptions,
    request?: PauseAnswer | 'failed runs too',
    maxStarts?: number,
  ): Promise<WorkflowResult<unknown>> {
    const { runId } = run;
    const answer = typeof request === 'object' ? request : undefined;
    const { runtime } = this.settings;
    for (let current = run; ; ) {
      requireUnfailed(workflow, current, request !== undefined);
      const recorded = recordedEnd(workflow, current, answer);
      if (recorded) return recorded;
      const claim = await this.store.claim(runId, { ...this.leaseFromNow(), takeOver, answer, maxStarts });
      if (!claim) return this.unknown(runId);
      if (claim.claimed) return this.launch(workflow, claim.run, signal);
      const end = recordedEnd(workflow, claim.run);
      if (end) return end;
      requireUnfailed(workflow, claim.run, false);
      if (!wait) throw heldByAnother(runId, claim.run.leaseUntil, { workflow: workflow.id });
      const next = await waitForRun(this.store, runId, runtime, signal).catch((reason) => {
        throw new WorkflowCancelledError(workflow.id, runId, false, reason);
      });
      if (!next) return this.unknown(runId);
      current = next;
    }
  }

  async recover(options: WorkflowRecoverOptions = {}): Promise<WorkflowRecovery> {
    requireKnown('recover', options, recoverOptions);
    requireResumeOptions(options);
    const { maxAttempts = 3, concurrency } = options;
    requireWhole('maxAttempts', maxAttempts, 1);
    const turns = new Turns(workerCount(Number.POSITIVE_INFINITY, { concurrency }, this.settings.runtime));
    if (this.workflows.length === 0) {
      throw new InvalidOptionError('workflows', 'given to createEngine, for recover', this.workflows);
    }
    const resumed: StartedRun<unknown>[] = [];
    const dead: string[] = [];
    const skipped: WorkflowRecovery['skipped'][number][] = [];
    for (const workflow of this.workflows) {
      for (const runId of await openRunsOf(this.store, workflow)) {
        const end = await this.recoverRun(workflow, runId, turns, { ...options, maxAttempts });
        if (end === 'dead') dead.push(runId);
        else if (end instanceof RunMismatchError) skipped.push({ runId, error: end });
        else if (end) resumed.push(end);
      }
    }
    return { resumed, dead, skipped };
  }

  private async recoverRun(
    workflow: Workflow,
    runId: string,
    turns: Turns,
    { signal, takeOver = false, maxAttempts: maxStarts }: WorkflowRecoverOptions,
  ): Promise<StartedRun<unknown> | RunMismatchError | 'dead' | undefined> {
    const run = this.active.has(runId) ? undefined : await this.store.load(runId);
    if (!run) return undefined;
    const mismatch = findMismatch(workflow, run, run.input);
    if (mismatch) return mismatch;
    const deadOnly = !turns.isFree;
    const claim = await this.store.claim(runId, { ...this.leaseFromNow(), takeOver, maxStarts, deadOnly });
    if (!claim) return undefined;
    if (claim.claimed)
      return started(
        runId,
        false,
        turns.take(() => this.launch(workflow, claim.run, signal)),
      );
    if (claim.run.status === 'dead') return 'dead';
    if (!deadOnly || (!takeOver && isTaken(claim.run, this.settings.runtime))) return undefined;
    const inTurn = async () => {
      const reason: unknown = this.closed ?? (signal?.aborted ? signal.reason : undefined);
      if (reason !== undefined) throw new WorkflowCancelledError(workflow.id, runId, false, reason);
      // Much may have happened since.
      const current = await this.store.load(runId);
      if (!current) return this.unknown(runId);
      return this.resumeRecorded(workflow, current, { signal, takeOver }, undefined, maxStarts);
    };
    return started(runId, false, turns.take(inTurn));
  }

  private leaseFromNow(): Pick<WorkflowClaim, 'at' | 'leaseUntil'> {
    const { runtime, leaseMs } = this.settings;
    const at = runtime.wallTime();
    return { at, leaseUntil: at + leaseMs };
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

function requireResumeOptions(options: WorkflowResumeOptions): void {
  const { signal, takeOver, wait } = options;
  requireSignal('signal', signal);
  if (takeOver !== undefined) requireBoolean('takeOver', takeOver);
  if (wait !== undefined) requireBoolean('wait', wait);
}

function requireWorkflow(workflow: unknown): void {
  const { stages } = Object(workflow) as { readonly stages?: unknown };
  if (!Array.isArray(stages)) throw new InvalidOptionError('workflow', 'made by defineWorkflow(…).build()', workflow);
}
