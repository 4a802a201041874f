import type { Runtime } from '../../foundation/runtime.js';
import { type Awaitable, isThenable } from '../awaitable.js';
import { WorkflowBusyError, WorkflowCancelledError, WorkflowRunUnknownError } from './workflow-errors.js';
import type { CommitAnswer, WorkflowChange, WorkflowStore } from './workflow-store.js';

/** Who writes about which run. */
export interface LedgerOptions {
  readonly store: WorkflowStore;
  readonly runtime: Runtime;
  readonly workflow: string;
  readonly runId: string;
  readonly fence: number;
  readonly leaseMs: number;
  readonly leaseUntil: number;
}

/**
 * What one worker writes about its run: one change after the other, and only as long as the run is its own. After the
 * first write that failed or was refused, every further one fails in the same way.
 */
export class RunLedger {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;
  private closed = false;
  private failure: { readonly error: unknown } | undefined;
  private leaseUntil: number;
  private stopTimer: (() => void) | undefined;

  constructor(
    private readonly options: LedgerOptions,
    /** Told once when the run is lost, so that its steps can be stopped. */
    private readonly onLost: (error: unknown) => void,
  ) {
    this.leaseUntil = options.leaseUntil;
    this.awaitRenewal();
  }

  /**
   * Writes a change, after those before it.
   * @throws what the store throws, or why it refused
   */
  commit(change: WorkflowChange): Promise<void> {
    return this.inTurn(() => this.write(change));
  }

  /** Ends the renewal of the lease. Must be called, in a `finally`. */
  close(): void {
    this.closed = true;
    this.stopTimer?.();
  }

  /** Gives the run back, so that it can be resumed at once; where that fails, it can be when the lease has run out. */
  async release(): Promise<void> {
    const { store, runId, fence } = this.options;
    try {
      await store.commit(runId, fence, { leaseUntil: 0 });
    } catch {
      // The store does not answer: whoever waits for this run has been told why.
    }
  }

  /** The first one is sent at once, so that a store that answers at once costs no turn. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    this.waiting += 1;
    const turn = this.waiting === 1 ? work() : this.last.then(work);
    const settle = () => {
      this.waiting -= 1;
    };
    this.last = turn.then(settle, settle);
    return turn;
  }

  private async write(change: WorkflowChange): Promise<void> {
    if (this.failure) throw this.failure.error;
    try {
      const answer = this.send(change);
      this.accept(isThenable(answer) ? await answer : answer);
    } catch (error) {
      this.lose(error);
      throw error;
    }
  }

  private send(change: WorkflowChange): Awaitable<CommitAnswer> {
    const { store, runtime, runId, fence, leaseMs } = this.options;
    const at = runtime.wallTime();
    // A lease that lasts long enough is not written again with every change.
    if (this.leaseUntil - at > (leaseMs * 2) / 3) return store.commit(runId, fence, change);
    this.leaseUntil = at + leaseMs;
    return store.commit(runId, fence, { ...change, leaseUntil: this.leaseUntil });
  }

  private accept(answer: CommitAnswer): void {
    if (answer === 'committed') return;
    const { workflow, runId } = this.options;
    if (answer === 'cancelled') throw new WorkflowCancelledError(workflow, runId, true, 'engine.cancel');
    if (answer === 'unknown') throw new WorkflowRunUnknownError(runId, null);
    const why = answer === 'superseded' ? 'another worker has taken it over' : 'it has ended meanwhile';
    throw new WorkflowBusyError(workflow, runId, why);
  }

  private lose(error: unknown): void {
    if (this.failure) return;
    this.failure = { error };
    this.close();
    this.onLost(error);
  }

  /** Renews the lease while a step takes long, and so learns of a run that was cancelled or taken over elsewhere. */
  private awaitRenewal(): void {
    const { runtime, leaseMs } = this.options;
    this.stopTimer = runtime.setTimer(leaseMs / 3, () => {
      this.awaitRenewal();
      this.inTurn(() => this.renew()).catch(ignore);
    });
  }

  private async renew(): Promise<void> {
    if (this.closed) return;
    let answer: CommitAnswer;
    try {
      answer = await this.send({});
    } catch {
      // The next renewal may succeed; a change that cannot be written ends the run.
      this.leaseUntil = 0;
      return;
    }
    try {
      this.accept(answer);
    } catch (error) {
      this.lose(error);
    }
  }
}

function ignore(): void {}
