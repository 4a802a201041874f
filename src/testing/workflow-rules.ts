import assert from 'node:assert/strict';
import type {
  NewWorkflowRun,
  PauseRecord,
  StepRecord,
  WorkflowChange,
  WorkflowRecord,
  WorkflowStore,
} from '../orchestration/workflow/workflow-store.js';
import { caseMaker, type StoreContractCase } from './store-contract.js';

/** A store under test, and how it is closed. */
export interface WorkflowStoreSubject {
  readonly workflows: WorkflowStore;
  close(): void | Promise<void>;
}

/** One rule of the port. */
export type WorkflowStoreCase = StoreContractCase<WorkflowStoreSubject>;

export const rule = caseMaker(({ workflows }: WorkflowStoreSubject) => workflows);

export function newRun(runId: string, more: Partial<NewWorkflowRun> = {}): NewWorkflowRun {
  const base = { workflow: 'w', shape: 's', idempotencyKey: null, input: '1', createdAt: 3, leaseUntil: 10 };
  return { runId, ...base, ...more };
}

export function pending(runId: string, more: Partial<NewWorkflowRun> = {}): WorkflowRecord {
  const empty = {
    error: null,
    output: null,
    startedAt: null,
    completedAt: null,
    steps: [],
    state: [],
    items: [],
    pauses: [],
  };
  return { ...newRun(runId, more), ...empty, status: 'pending', cancelRequested: false, fence: 1 };
}

export function step(id: string, status: StepRecord['status'], more: Partial<StepRecord> = {}): StepRecord {
  return { step: id, status, attempt: 1, output: null, error: null, startedAt: 4, completedAt: null, ...more };
}

export function item(id: string, index: number, value: string | null) {
  return { step: id, item: index, value };
}

export function pause(id: string, index: number | null, number: number, more: Partial<PauseRecord> = {}): PauseRecord {
  const base = { step: id, item: index, number, reason: 'why?', payload: null, pausedAt: 4 };
  return { ...base, value: null, answeredAt: null, ...more };
}

export function entry(key: string, value: string | null) {
  return { key, value };
}

export async function committed(
  store: WorkflowStore,
  runId: string,
  fence: number,
  change: WorkflowChange,
): Promise<void> {
  assert.equal(await store.commit(runId, fence, change), 'committed');
}

export async function idsOf(store: WorkflowStore, filter: Partial<Parameters<WorkflowStore['list']>[0]>) {
  const runs = await store.list({ limit: 9, ...filter });
  return runs.map(({ runId }) => runId);
}
