import { createAbortController, onAbort } from '../../foundation/abort.js';
import { InterruptedError } from '../../foundation/errors/chorale-error.js';
import { failureOf } from '../../foundation/events/event.js';
import type { Emit } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { ProcessFailedError, ProcessUnfinishedError, type Unfinished } from './conductor-errors.js';
import {
  type ConductorEnd,
  type FailureLog,
  isStopReason,
  type Process,
  type ProcessFailure,
} from './process-interface.js';

/** What a run of a conductor needs, checked. */
export interface ConductedRunSettings {
  readonly stopTimeoutMs: number;
  readonly signals: readonly string[];
  readonly caller: AbortSignal | undefined;
  readonly runtime: Runtime;
  readonly failures: FailureLog;
  readonly emit: Emit | undefined;
  readonly log: ((fields: Readonly<Record<string, string>>, message: string) => void) | undefined;
}

/** A process that was started. */
interface Started {
  readonly member: Process;
  /** What of it has not ended yet. */
  readonly pending: Set<Unfinished>;
  /** Its `run`; never rejects. */
  readonly running: Promise<void>;
  /** What its `stop` threw. */
  stopFailure: ProcessFailure | undefined;
  stopped: boolean;
}

/** What stops everything. */
interface Cause {
  readonly outcome: Exclude<ConductorEnd['outcome'], 'returned'>;
  readonly reason: unknown;
  readonly signal?: string;
  readonly process?: string;
}

/** One run of a conductor: from the start of the processes until the wait for them is over. */
export class ConductedRun {
  private readonly started: Started[] = [];
  private readonly stopping = createAbortController();
  private readonly givingUp = createAbortController();
  private cause: Cause | undefined;
  private interrupted = false;
  private forcedBy: string | undefined;
  /** What was still running when the wait was over. */
  private readonly abandoned = new Map<Started, readonly Unfinished[]>();
  private over = false;

  constructor(
    private readonly processes: readonly Process[],
    private readonly settings: ConductedRunSettings,
  ) {}

  /**
   * Starts the processes before it returns; the promise never rejects.
   * @throws InvalidOptionError before any is started, when a signal cannot be listened to
   */
  start(): Promise<ConductorEnd> {
    const { signals, caller, runtime, emit, log, stopTimeoutMs } = this.settings;
    const ignoreSignals = runtime.onSignal(signals, (name) => this.onSignal(name));
    log?.({}, 'initializing conductor engine');
    emit?.('conductor.start', {
      process_count: this.processes.length,
      signals,
      stop_timeout_ms: Number.isFinite(stopTimeoutMs) ? stopTimeoutMs : null,
    });
    const ignoreCaller = onAbort(caller, (reason) => this.requestStop({ outcome: 'aborted', reason }));
    for (const member of this.processes) {
      if (this.cause) break;
      this.startProcess(member);
    }
    return this.conduct(() => {
      ignoreSignals();
      ignoreCaller();
    });
  }

  private async conduct(release: () => void): Promise<ConductorEnd> {
    try {
      const returned = Promise.all(this.started.map(({ running }) => running));
      await Promise.race([returned, aborted(this.stopping.signal)]);
      if (this.cause) await this.stopAll(this.cause.reason);
      return this.conclude();
    } finally {
      release();
    }
  }

  private startProcess(member: Process): void {
    const { name } = member;
    this.settings.log?.({ process: name }, 'starting process');
    this.settings.emit?.('conductor.process.start', { process: name });
    const pending = new Set<Unfinished>(['run']);
    const { signal } = this.stopping;
    const running = this.watchRun(
      name,
      call(() => member.run({ process: name, signal })),
      pending,
    );
    this.started.push({ member, pending, running, stopFailure: undefined, stopped: false });
  }

  private async watchRun(process: string, run: Promise<void>, pending: Set<Unfinished>): Promise<void> {
    const { signal } = this.stopping;
    let failure: ProcessFailure | undefined;
    try {
      await run;
    } catch (error) {
      if (!signal.aborted || !isStopReason(error, signal.reason)) failure = { process, error };
    }
    pending.delete('run');
    if (this.over) return;
    this.settings.emit?.('conductor.process.complete', {
      process,
      ...failureOf(failure?.error, failure !== undefined),
    });
    if (!failure) return;
    this.settings.failures.add(failure);
    this.requestStop({ outcome: 'failed', reason: new ProcessFailedError(process, failure.error), process });
  }

  /** The first signal of the system stops everything; the second one ends the waiting. */
  private onSignal(signal: string): void {
    if (!this.interrupted) {
      this.interrupted = true;
      this.requestStop({ outcome: 'interrupted', reason: new InterruptedError(signal), signal });
    } else if (this.forcedBy === undefined) {
      this.forcedBy = signal;
      this.settings.emit?.('conductor.stop_signal', { signal, process: null, forced: true });
      this.giveUp(new InterruptedError(signal));
    }
  }

  private requestStop(cause: Cause): void {
    if (this.cause) return;
    this.cause = cause;
    const { signal, process, reason } = cause;
    const fields = { ...(signal === undefined ? {} : { signal }), ...(process === undefined ? {} : { process }) };
    this.settings.log?.(fields, 'received stop signal, stopping all processes');
    this.settings.emit?.('conductor.stop_signal', { signal: signal ?? null, process: process ?? null, forced: false });
    for (const { pending } of this.started) pending.add('stop');
    this.stopping.abort(reason);
  }

  /** Resolves when all have ended, or the wait is over. */
  private async stopAll(reason: unknown): Promise<void> {
    const { stopTimeoutMs, runtime } = this.settings;
    const runOut = () => this.giveUp(new DOMException(`stopTimeoutMs (${stopTimeoutMs}) ran out`, 'TimeoutError'));
    const cancel = Number.isFinite(stopTimeoutMs) ? runtime.setTimer(stopTimeoutMs, runOut) : undefined;
    try {
      const stopped = Promise.all(this.started.map((started) => this.stopProcess(started, reason)));
      await Promise.race([stopped, aborted(this.givingUp.signal)]);
    } finally {
      cancel?.();
    }
  }

  private async stopProcess(started: Started, reason: unknown): Promise<void> {
    const { member, pending, running } = started;
    const { name } = member;
    this.settings.log?.({ process: name }, 'stopping process');
    this.settings.emit?.('conductor.stopping', { process: name });
    pending.add('stop');
    try {
      await member.stop?.({ process: name, reason, signal: this.givingUp.signal });
    } catch (error) {
      started.stopFailure = { process: name, error };
      if (!this.over) this.settings.failures.add(started.stopFailure);
    }
    pending.delete('stop');
    await running;
    if (!this.over) this.markStopped(started);
  }

  /** Everything that ends from now on is too late, even if it ends because of this call. */
  private giveUp(reason: unknown): void {
    for (const started of this.started) {
      if (started.pending.size > 0) this.abandoned.set(started, [...started.pending]);
    }
    this.over = true;
    this.givingUp.abort(reason);
  }

  private markStopped(started: Started): void {
    if (started.stopped) return;
    started.stopped = true;
    const { member, stopFailure } = started;
    this.settings.log?.({ process: member.name }, 'stopped process');
    this.settings.emit?.('conductor.stopped', {
      process: member.name,
      ...failureOf(stopFailure?.error, stopFailure !== undefined),
    });
  }

  private conclude(): ConductorEnd {
    const { failures, emit } = this.settings;
    for (const started of this.cause ? this.started : []) {
      const unfinished = this.abandoned.get(started);
      if (unfinished) this.abandon(started.member.name, unfinished);
      else this.markStopped(started);
    }
    this.over = true;
    const outcome = this.cause?.outcome ?? 'returned';
    const unfinished = [...this.abandoned.keys()].map(({ member }) => member.name);
    const { first } = failures;
    emit?.('conductor.complete', { outcome, unfinished, ...failureOf(first?.error, first !== undefined) });
    failures.close();
    return { outcome, forced: this.forcedBy !== undefined, unfinished };
  }

  private abandon(name: string, unfinished: readonly Unfinished[]): void {
    const { failures, emit, stopTimeoutMs } = this.settings;
    const error = new ProcessUnfinishedError(name, unfinished, this.forcedBy ?? stopTimeoutMs);
    failures.add({ process: name, error });
    if (unfinished.includes('run')) emit?.('conductor.process.complete', { process: name, ...failureOf(error) });
    emit?.('conductor.stopped', { process: name, ...failureOf(error) });
  }
}

/** What is thrown at once takes the same path as a rejection. */
async function call(run: () => unknown): Promise<void> {
  await run();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void onAbort(signal, () => resolve()));
}
