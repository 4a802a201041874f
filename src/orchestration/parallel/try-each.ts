import { failureOf } from '../../foundation/events/event.js';
import { type AttemptPolicy, resultOfAttempts } from '../attempts.js';
import type { PoolSettings } from './worker-pool.js';
import type { Processor } from './workers.js';

/** Tries each item as the policy says. Aborting the run ends the attempts. */
export function tryEach<T, R>(
  processor: Processor<T, R>,
  policy: AttemptPolicy | undefined,
  { runtime, emit, total }: Pick<PoolSettings<R>, 'runtime' | 'emit' | 'total'>,
): Processor<T, R> {
  if (!policy) return processor;
  return (item, { index, workerId, signal }) => {
    const onRetry = (attempt: number, error: unknown, durationMs: number) =>
      emit?.('worker.retry', {
        worker_id: workerId,
        item_index: index,
        total_items: total,
        attempt,
        duration_ms: durationMs,
        ...failureOf(error, true),
      });
    const tryItem = (attempt: number, limited: AbortSignal) =>
      processor(item, { index, workerId, signal: limited, attempt });
    return resultOfAttempts(tryItem, policy, { runtime, signal, onRetry });
  };
}
