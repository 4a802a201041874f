/** What the `run` of a process is told. */
export interface RunContext {
  /** The name of the process. */
  readonly process: string;
  /** Aborted when everything is stopped: then `run` should end. Rejecting with the signal's reason is no failure. */
  readonly signal: AbortSignal;
}

/** What the `stop` of a process is told. */
export interface StopContext {
  /** The name of the process. */
  readonly process: string;
  /** Why everything is stopped: an `InterruptedError`, a `ProcessFailedError`, or the reason of the caller's signal. */
  readonly reason: unknown;
  /** Aborted when nobody waits any longer: the time for stopping has run out, or a second signal came. */
  readonly signal: AbortSignal;
}

/** Something that runs until it is done or told to stop. Both functions may return a value or a promise, throw or reject. */
export interface Process {
  /** Not empty, and different from the names of the processes beside it. */
  readonly name: string;
  /** Does the work. One that returns does not stop the others; one that throws stops them all. */
  run(context: RunContext): unknown;
  /**
   * Ends the work and frees what it held. Called once when everything is stopped, also where `run` has ended by then;
   * not called when all processes have returned by themselves.
   */
  stop(context: StopContext): unknown;
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
  /** A second signal came: nobody was waited for any longer. */
  readonly forced: boolean;
  /** Names of the processes whose `run` or `stop` had not ended, in the order of the processes. */
  readonly unfinished: readonly string[];
}
