import { isCancellation, nameOf } from '../../foundation/errors/chorale-error.js';

/** Context of the `run` of a process. */
export interface RunContext {
  /** The name of the process. */
  readonly process: string;
  /** Aborted when everything is stopped: then `run` should end. Rejecting with the signal's reason is not a failure. */
  readonly signal: AbortSignal;
}

/** Context of the `stop` of a process. */
export interface StopContext {
  /** The name of the process. */
  readonly process: string;
  /** Why everything is stopped: an `InterruptedError`, a `ProcessFailedError`, or the reason of the caller's signal. */
  readonly reason: unknown;
  /** Aborted when the wait is over: the time limit has passed, or a second signal came. */
  readonly signal: AbortSignal;
}

/** A process that runs until it is done or stopped. Both functions may return a value or a promise, throw or reject. */
export interface Process {
  /** Not empty, and different from the names of the processes beside it. */
  readonly name: string;
  /** Does the work. One that returns does not stop the others; one that throws stops them all. */
  run(context: RunContext): unknown;
  /**
   * Ends the work and frees what it held; absent where the signal of `run` is enough. Called once when everything is stopped, also where `run` has ended by then;
   * not called when all processes have returned by themselves.
   */
  stop?(context: StopContext): unknown;
}

/** What went wrong in a process. */
export interface ProcessFailure {
  /** The name of the process. */
  readonly process: string;
  /** What its `run` or `stop` threw, unchanged, or a `ProcessUnfinishedError`. */
  readonly error: unknown;
}

/** How everything ended. */
export interface ConductorEnd {
  /**
   * Why: all processes `returned`, one `failed`, a signal of the system `interrupted` them, or the caller's signal
   * `aborted` them. What came first counts.
   */
  readonly outcome: 'returned' | 'failed' | 'interrupted' | 'aborted';
  /** A second signal ended the wait. */
  readonly forced: boolean;
  /** Names of the processes whose `run` or `stop` had not ended, in the order of the processes. */
  readonly unfinished: readonly string[];
}

/** Failures as they happen. Every reader gets all of them from the first, even a late one. */
export class FailureLog {
  private readonly failures: ProcessFailure[] = [];
  private closed = false;
  private wake: () => void = () => {};
  private changed = this.nextChange();

  get first(): ProcessFailure | undefined {
    return this.failures[0];
  }

  add(failure: ProcessFailure): void {
    this.failures.push(failure);
    this.tellReaders();
  }

  /** Lets readers end when they have read everything. */
  close(): void {
    this.closed = true;
    this.tellReaders();
  }

  async *read(): AsyncGenerator<ProcessFailure, undefined> {
    for (let next = 0; ; ) {
      const failure = this.failures[next];
      if (failure) {
        next += 1;
        yield failure;
      } else if (this.closed) return undefined;
      else await this.changed;
    }
  }

  private tellReaders(): void {
    const { wake } = this;
    this.changed = this.nextChange();
    wake();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

/**
 * Whether an error says only that its signal was aborted: it is the signal's reason, an AbortError, or the error of a
 * cancelled call of this library. An error that merely has one of them as its cause is a failure.
 */
export function isStopReason(error: unknown, reason: unknown): boolean {
  return error === reason || nameOf(error) === 'AbortError' || isCancellation(error);
}
