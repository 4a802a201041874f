import { failureOf } from '../../foundation/events/event.js';
import { createEmit } from '../../foundation/events/observers.js';
import { type AttemptPolicy, resultOfAttempts } from '../attempts.js';
import { type NodeContext, type NodeFunction, nodeProgress } from './graph-shape.js';

/** A node that is tried as the policy says. A node that waits for a person is not tried again. */
export function tryNode<T extends object>(
  graph: string,
  node: string,
  run: NodeFunction<T>,
  policy: AttemptPolicy | undefined,
): NodeFunction<T> {
  if (!policy) return run;
  return (state, context) => {
    const { runtime, signal, iteration, observer } = context;
    const emit = createEmit(observer, graph, () => runtime.wallTime());
    const onRetry = (attempt: number, error: unknown, durationMs: number) =>
      emit?.('node.retry', { node, iteration, attempt, duration_ms: durationMs, ...failureOf(error, true) });
    const { retryIf } = policy;
    const mayRetry = async (error: unknown, attempt: number) => {
      if (context[nodeProgress]?.requested) return false;
      return retryIf ? retryIf(error, attempt) : true;
    };
    const tryOnce = (attempt: number, limited: AbortSignal) => {
      if (attempt > 1) context[nodeProgress]?.beginAgain();
      return run(state, attemptContext(context, limited, attempt));
    };
    return resultOfAttempts(tryOnce, { ...policy, retryIf: mayRetry }, { runtime, signal, onRetry });
  };
}

function attemptContext(context: NodeContext, signal: AbortSignal, attempt: number): NodeContext {
  const { iteration, observer, runtime } = context;
  return {
    signal,
    iteration,
    observer,
    runtime,
    attempt,
    get pause() {
      return context.pause;
    },
    get [nodeProgress]() {
      return context[nodeProgress];
    },
  };
}
