import type { Runtime } from '../../foundation/runtime.js';
import { isThenable } from '../awaitable.js';
import { HeldLease } from '../lease.js';
import { RunBusyError } from '../run-errors.js';
import { isRunLost, WorkflowCancelledError, WorkflowRunUnknownError } from './workflow-errors.js';
import type { CommitAnswer, WorkflowChange, WorkflowStore } from './workflow-store.js';

/** Who writes about which run. */
export interface RunWriterOptions {
  readonly store: WorkflowStore;
  readonly runtime: Runtime;
  readonly workflow: string;
  readonly runId: string;
  readonly fence: number;
  readonly leaseMs: number;
  readonly leaseUntil: number;
}

/**
 * Writes the changes of one run, one after the other, as long as this worker has the run. After the first write that
 * failed, every further one fails in the same way.
 */
export class RunWriter {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;
  private failure: { readonly error: unknown } | undefined;
  private readonly lease: HeldLease;

  constructor(
    private readonly options: RunWriterOptions,
    /** Called once when the run is lost, so that its steps can be stopped. */
    private readonly onLost: (error: unknown) => void,
  ) {
    const { runtime, leaseMs, leaseUntil } = options;
    // While a step takes long, the renewal also detects that the run was cancelled or taken over.
    const renew = () => this.inTurn(async () => (this.failure ? undefined : this.send({})));
    this.lease = new HeldLease({ runtime, leaseMs, renew, isLost: isRunLost, onLost: (error) => this.lose(error) });
    this.lease.start(leaseUntil);
  }

  /** Writes a change, after those before it. @throws what the store throws, or why the run is lost */
  commit(change: WorkflowChange): Promise<void> {
    return this.inTurn(async () => {
      if (this.failure) throw this.failure.error;
      try {
        await this.send(change);
      } catch (error) {
        this.lose(error);
        throw error;
      }
    });
  }

  /** Stops the renewal of the lease. Must be called, in a `finally`. */
  close(): void {
    this.lease.stop();
  }

  /** Gives the run back, so that it can be resumed at once; if that fails, it can be resumed when the lease has ended. */
  async release(): Promise<void> {
    const { store, runId, fence } = this.options;
    try {
      await store.commit(runId, fence, { leaseUntil: 0 });
    } catch {
      // The caller reports the failure that led here.
    }
  }

  /** The first one is sent at once, so that a synchronous store costs no turn. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    this.waiting += 1;
    const turn = this.waiting === 1 ? work() : this.last.then(work);
    const settle = () => {
      this.waiting -= 1;
    };
    this.last = turn.then(settle, settle);
    return turn;
  }

  private async send(change: WorkflowChange): Promise<void> {
    const { store, runId, fence } = this.options;
    const leased = this.lease.isDue ? { ...change, leaseUntil: this.lease.extend() } : change;
    const answer = store.commit(runId, fence, leased);
    this.accept(isThenable(answer) ? await answer : answer);
  }

  private accept(answer: CommitAnswer): void {
    if (answer === 'committed') return;
    const { workflow, runId } = this.options;
    if (answer === 'cancelled') throw new WorkflowCancelledError(workflow, runId, true, 'engine.cancel');
    if (answer === 'unknown') throw new WorkflowRunUnknownError(runId, null);
    const why = answer === 'superseded' ? 'another worker has taken it over' : 'it has ended meanwhile';
    throw new RunBusyError(runId, why, { workflow });
  }

  private lose(error: unknown): void {
    if (this.failure) return;
    this.failure = { error };
    this.close();
    this.onLost(error);
  }
}
