import type { Lease } from '../graph/checkpoint-store.js';
import { CheckpointError, LeaseError } from '../graph/graph-errors.js';

export function alreadyThere(runId: string): CheckpointError {
  return new CheckpointError(
    runId,
    'the store has a run of this id already; resume it, or give the state another runId',
  );
}

export function notThere(runId: string): CheckpointError {
  return new CheckpointError(runId, 'the store has no run of this id');
}

export function notNewer(runId: string, iteration: number, latest: number): CheckpointError {
  return new CheckpointError(runId, `checkpoint ${iteration} cannot be added after checkpoint ${latest}`);
}

export function heldByAnother(runId: string, until: number): LeaseError {
  const end = new Date(until).toISOString();
  return new LeaseError(
    runId,
    `another worker has it until ${end} at least; wait, or take it over with takeOver: true`,
  );
}

export function noLongerHeld({ runId, token }: Lease): LeaseError {
  return new LeaseError(
    runId,
    `lease ${token} is no longer held: it was given back, or another worker took the run over`,
  );
}
