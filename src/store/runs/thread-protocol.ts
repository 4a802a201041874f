import { runOfAnother, StoreError } from '../../analysis/store-errors.js';
import { DefectError, messageOf, type Remedy } from '../../foundation/errors/chorale-error.js';
import { RunBusyError, type RunOwner } from '../../orchestration/run-errors.js';
import type { RunDatabase, RunDatabaseOptions } from './run-database.js';

/** What the thread of a run store is started with. */
export type ThreadOptions = Omit<RunDatabaseOptions, 'database'>;

/** The calls of the thread, by name. `open` opens the file, which the other calls do as well. */
export type ThreadCalls = Pick<RunDatabase, 'scanOf' | 'begin' | 'write' | 'lookUp' | 'pause' | 'end' | 'close'> & {
  open(): void;
};

export interface ThreadRequest<Name extends keyof ThreadCalls = keyof ThreadCalls> {
  readonly id: number;
  readonly name: Name;
  readonly values: Readonly<Parameters<ThreadCalls[Name]>>;
}

export interface ThreadAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: ThreadFailure;
}

/** A failure as a message can carry it. */
export type ThreadFailure =
  | { readonly kind: 'store'; readonly path: string; readonly problem: string; readonly remedy: Remedy }
  | { readonly kind: 'busy'; readonly runId: string; readonly owner: RunOwner }
  | { readonly kind: 'other'; readonly message: string };

export function encodeFailure(error: unknown): ThreadFailure {
  if (error instanceof StoreError) {
    return { kind: 'store', path: error.path, problem: error.problem, remedy: error.remedy };
  }
  if (error instanceof RunBusyError && error.owner) return { kind: 'busy', runId: error.runId, owner: error.owner };
  return { kind: 'other', message: messageOf(error) };
}

export function decodeFailure(failure: ThreadFailure): Error {
  if (failure.kind === 'store') return new StoreError(failure.path, failure.problem, failure.remedy);
  if (failure.kind === 'other') return new DefectError(new Error(failure.message));
  return runOfAnother(failure.runId, failure.owner);
}
