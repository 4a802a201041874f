import assert from 'node:assert/strict';
import type {
  CheckpointChange,
  CheckpointStore,
  Lease,
  NewRun,
  RunFilter,
} from '../orchestration/graph/checkpoint-store.js';
import type { CheckpointError } from '../orchestration/graph/graph-errors.js';
import { RunBusyError } from '../orchestration/run-errors.js';
import { caseMaker, type StoreContractCase } from './store-contract.js';

/** A store under test, and how it is closed. */
export interface CheckpointStoreSubject {
  readonly checkpoints: CheckpointStore;
  close(): void | Promise<void>;
}

/** One rule of the port. */
export type CheckpointStoreCase = StoreContractCase<CheckpointStoreSubject>;

export const rule = caseMaker(({ checkpoints }: CheckpointStoreSubject) => checkpoints);

type Values = Readonly<Record<string, string>>;

export function newRun(runId: string, values: Values = {}, given: Partial<NewRun> = {}): NewRun {
  return { runId, graph: 'g', identity: 'i', first: change(0, values), leasedUntil: 10, ...given };
}

export function change(
  iteration: number,
  values: Values = {},
  given: Partial<CheckpointChange> = {},
): CheckpointChange {
  const node = iteration === 0 ? null : 'n';
  const set = Object.entries(values);
  return { iteration, node, visited: [], set, removed: [], secretNames: [], savedAt: iteration, ...given };
}

export async function idsOf(store: CheckpointStore, filter?: RunFilter): Promise<string[]> {
  return (await store.list(filter)).map(({ runId }) => runId);
}

export async function valuesOf(store: CheckpointStore, iteration?: number): Promise<Values> {
  return Object.fromEntries((await store.load('r', iteration))?.values ?? []);
}

/** Resolves with the message when the work rejects with an error of this class. */
export async function rejection(
  kind: typeof RunBusyError | typeof CheckpointError,
  work: Promise<unknown>,
): Promise<string> {
  let message = '';
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof kind, `${String(error)} is no ${kind.name} of chorale`);
    message = error.message;
    return true;
  });
  return message;
}

export async function nothingFrom(store: CheckpointStore, stale: Lease): Promise<void> {
  const attempts = [
    () => store.append(stale, change(99, { a: '99' }), 9_999),
    () => store.record(stale, { iteration: 99, key: 'a', json: '99' }, 9_999),
    () => store.renew(stale, 9_999),
    () => store.rewind(stale, 0),
    () => store.release(stale, 'completed', 9_999),
    () => store.remove(stale),
  ];
  for (const attempt of attempts) await rejection(RunBusyError, attempt());
}
