import { ChoraleError, defineErrors, messageOf } from '../../foundation/errors/chorale-error.js';
import { oneLine } from '../../foundation/text/message-text.js';
import { RunBusyError } from '../run-errors.js';
import { unsavedNote } from '../unsaved-note.js';
import type { Lease } from './checkpoint-store.js';
import type { GraphPause } from './node-progress.js';

export const graphErrors = defineErrors({
  CHORALE_GRAPH: { exitCode: 2, retryable: false, summary: 'A state graph is not well formed.' },
  CHORALE_SECRETS_MISSING: { exitCode: 2, retryable: false, summary: 'A run needs secrets that it was not given.' },
  CHORALE_EXECUTION: { exitCode: 5, retryable: false, summary: 'A node of a state graph failed.' },
  CHORALE_BRANCH: { exitCode: 5, retryable: false, summary: 'A parallel branch of a state graph failed.' },
  CHORALE_BRANCH_CONFLICT: {
    exitCode: 5,
    retryable: false,
    summary: 'Parallel branches of a state graph changed the same key, which has no reducer.',
  },
  CHORALE_STEP_LIMIT: { exitCode: 5, retryable: false, summary: 'A state graph ran more nodes than it may.' },
  CHORALE_CHECKPOINT: { exitCode: 5, retryable: false, summary: 'A checkpoint cannot be written, found or used.' },
  CHORALE_GRAPH_PAUSED: {
    exitCode: 5,
    retryable: false,
    summary: 'A run of a state graph waits for the answer of a person.',
  },
  CHORALE_GRAPH_CANCELLED: { exitCode: 130, retryable: false, summary: 'A run of a state graph was cancelled.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof graphErrors> {}
}

/** A state graph is not well formed. */
export class GraphError extends ChoraleError {
  readonly code = 'CHORALE_GRAPH';
  constructor(
    readonly graph: string,
    /** One for each broken rule. */
    readonly problems: readonly string[],
  ) {
    super(`graph '${graph}': ${problems.join('; ')}`);
  }
}

/** What the state of every graph has, whatever its record. */
export interface AnyState {
  readonly data: object;
  readonly runId: string;
  get(key: string): unknown;
}

/** Where a run stood when it ended early. */
interface RunPosition<S> {
  readonly graph: string;
  /** The node that failed, or that would have been next. */
  readonly node: string;
  /** The state before that node. */
  readonly state: S;
  /** The nodes that were started, in order. */
  readonly path: readonly string[];
}

/** A run ended early. */
abstract class RunStoppedError<S extends AnyState> extends ChoraleError implements RunPosition<S> {
  readonly graph: string;
  readonly node: string;
  readonly state: S;
  readonly path: readonly string[];
  constructor(
    position: RunPosition<S>,
    problem: string,
    /** Why the last checkpoint could not be written; undefined when it was, or none is kept. */
    readonly unsaved: unknown,
    options?: { readonly cause: unknown },
  ) {
    super(`graph '${position.graph}': ${problem}${unsavedNote(unsaved)}`, options);
    this.graph = position.graph;
    this.node = position.node;
    this.state = position.state;
    this.path = position.path;
  }
}

/** A node failed, or a predicate on one of its edges. `cause` is what it threw, `state` what it was given. */
export class ExecutionError<S extends AnyState = AnyState> extends RunStoppedError<S> {
  readonly code = 'CHORALE_EXECUTION';
  constructor(
    position: RunPosition<S>,
    /** What failed, as in `node 'build' failed: no space left`. */
    readonly problem: string,
    override readonly cause: unknown,
    unsaved?: unknown,
  ) {
    super(position, problem, unsaved, { cause });
  }
}

/** A run was stopped by its caller before it reached an exit point. `cause` is the reason of the signal. */
export class GraphCancelledError<S extends AnyState = AnyState> extends RunStoppedError<S> {
  readonly code = 'CHORALE_GRAPH_CANCELLED';
  constructor(
    position: RunPosition<S>,
    override readonly cause: unknown,
    unsaved?: unknown,
  ) {
    super(position, `cancelled at node '${position.node}': ${messageOf(cause)}`, unsaved, { cause });
  }
}

/** A branch failed. `cause` is what it threw. */
export class BranchError extends ChoraleError {
  readonly code = 'CHORALE_BRANCH';
  constructor(
    readonly branch: string,
    override readonly cause: unknown,
  ) {
    super(`branch '${branch}': ${messageOf(cause)}`, { cause });
  }
}

/** Several branches changed the same key, and nothing tells which value it gets. */
export class BranchConflictError extends ChoraleError {
  readonly code = 'CHORALE_BRANCH_CONFLICT';
  constructor(
    readonly key: string,
    readonly branches: readonly string[],
  ) {
    super(
      `the branches ${quoted(branches)} have all changed the key '${key}': let one change it, or give a reducer, reducers: { ${key}: (a, b) => … }`,
    );
  }
}

/** A run waits for the answer of a person: resume it with a `value`. */
export class GraphPausedError extends ChoraleError {
  readonly code = 'CHORALE_GRAPH_PAUSED';
  constructor(
    readonly graph: string,
    readonly runId: string,
    /** The one that waits for an answer. */
    readonly pauses: readonly GraphPause[],
  ) {
    const places = pauses.map(({ node, reason }) => `node '${node}': ${oneLine(reason)}`);
    super(`graph '${graph}' run ${runId}: paused at ${places.join('; ')}`);
  }
}

/** A run would have started more nodes than `maxIterations`. */
export class StepLimitError<S extends AnyState = AnyState> extends RunStoppedError<S> {
  readonly code = 'CHORALE_STEP_LIMIT';
  constructor(
    position: RunPosition<S>,
    /** `maxIterations` of the run. */
    readonly limit: number,
    unsaved?: unknown,
  ) {
    const { node, path } = position;
    const last = path.slice(-5).join(', ');
    const number = path.length + 1;
    super(
      position,
      `node '${node}' would be number ${number}, and maxIterations is ${limit}; the last nodes were: ${last}`,
      unsaved,
    );
  }
}

/** A checkpoint cannot be written, found or used. */
export class CheckpointError extends ChoraleError {
  readonly code = 'CHORALE_CHECKPOINT';
  constructor(
    readonly runId: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`run ${runId}: ${problem}`, options);
  }
}

/** A run needs secrets that it was not given. They are never stored, so a resumed run must be given them again. */
export class SecretsMissingError extends ChoraleError {
  readonly code = 'CHORALE_SECRETS_MISSING';
  constructor(
    /** Who needs them, as in `run 5f0c…`. */
    readonly subject: string,
    readonly missing: readonly string[],
    readonly given: readonly string[],
  ) {
    const names = given.length === 0 ? 'none' : quoted(given);
    super(`${subject} needs the secret${missing.length === 1 ? '' : 's'} ${quoted(missing)}; given: ${names}`);
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

// What every checkpoint store rejects.

export function alreadyThere(runId: string): CheckpointError {
  return new CheckpointError(runId, 'the store has this run id already; resume that run, or use another runId');
}

export function notThere(runId: string): CheckpointError {
  return new CheckpointError(runId, 'the store has no run with this id');
}

export function notNewer(runId: string, iteration: number, latest: number): CheckpointError {
  return new CheckpointError(runId, `checkpoint ${iteration} cannot follow checkpoint ${latest}`);
}

export function notLatest(runId: string, iteration: number, latest: number): CheckpointError {
  return new CheckpointError(runId, `a record of iteration ${iteration} cannot be kept after checkpoint ${latest}`);
}

export function noLongerHeld({ runId, token }: Lease): RunBusyError {
  return new RunBusyError(
    runId,
    `lease ${token} is no longer held: it was released, or another worker took the run over`,
  );
}
