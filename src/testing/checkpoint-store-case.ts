import assert from 'node:assert/strict';
import type { CheckpointChange, CheckpointStore, Lease, NewRun } from '../orchestration/graph/checkpoint-store.js';
import { type CheckpointError, LeaseError } from '../orchestration/graph/graph-errors.js';

/** A store under test, and how it is closed. */
export interface CheckpointStoreSubject {
  readonly checkpoints: CheckpointStore;
  close(): void | Promise<void>;
}

/** One rule of the port. */
export interface CheckpointStoreCase {
  readonly name: string;
  /** Rejects with an AssertionError where the store breaks the rule. Each case makes its own store, which must be empty. */
  run(create: () => CheckpointStoreSubject | Promise<CheckpointStoreSubject>): Promise<void>;
}

export function rule(name: string, check: (store: CheckpointStore) => Promise<void>): CheckpointStoreCase {
  return {
    name,
    async run(create) {
      const subject = await create();
      try {
        await check(subject.checkpoints);
      } finally {
        await subject.close();
      }
    },
  };
}

export function newRun(runId: string, given: Partial<NewRun> = {}): NewRun {
  return { runId, graph: 'g', identity: 'i', first: change(0), leasedUntil: 10, ...given };
}

export function change(iteration: number, given: Partial<CheckpointChange> = {}): CheckpointChange {
  const node = iteration === 0 ? null : 'n';
  return { iteration, node, visited: [], set: [], removed: [], secretNames: [], savedAt: iteration, ...given };
}

export async function valuesOf(store: CheckpointStore, iteration?: number): Promise<Record<string, string>> {
  return Object.fromEntries((await store.load('r', iteration))?.values ?? []);
}

/** Resolves with the message when the work is refused with an error of this class. */
export async function refused(
  kind: typeof LeaseError | typeof CheckpointError,
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
    () => store.append(stale, change(99, { set: [['a', '99']] }), 9_999),
    () => store.renew(stale, 9_999),
    () => store.rewind(stale, 0),
    () => store.release(stale, 'completed', 9_999),
    () => store.remove(stale),
  ];
  for (const attempt of attempts) await refused(LeaseError, attempt());
}
