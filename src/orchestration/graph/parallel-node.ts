import { ParallelError, type ParallelResult } from '../parallel/parallel-errors.js';
import { type ParallelOptions, processParallel, requireParallelOptions } from '../parallel/process-parallel.js';
import type { Processor } from '../parallel/workers.js';
import { requireFunction, requireObject } from '../require-option.js';
import type { NodeContext, NodeFunction } from './graph-node.js';
import type { State } from './state.js';

/** What a parallel node does. */
export interface ParallelNodeDefinition<T extends object, I, R>
  extends Omit<ParallelOptions<R>, 'signal' | 'observer' | 'runtime'> {
  /** Takes the items from the state when the node runs. */
  readonly items: (state: State<T>) => readonly I[] | PromiseLike<readonly I[]>;
  readonly processor: Processor<I, R>;
  /** Puts the whole result, errors and all, into the state. */
  readonly aggregate: (
    result: ParallelResult<I, R>,
    state: State<T>,
    context: NodeContext,
  ) => State<T> | PromiseLike<State<T>>;
}

/**
 * A node that processes items of the state side by side, as `processParallel` does, and aggregates the result. With
 * `failFast: false` the aggregator decides about failures, also when all items failed; otherwise the first one fails the
 * node. The graph's observer receives the `parallel.*` events.
 *
 * @throws InvalidOptionError
 *
 * @example
 * const analyse = parallelNode<{ reviews: string[]; lengths?: number[] }, string, number>({
 *   items: (state) => state.get('reviews'),
 *   processor: async (review) => review.length,
 *   aggregate: ({ results }, state) => state.set('lengths', [...results]),
 * });
 */
export function parallelNode<T extends object, I, R>(definition: ParallelNodeDefinition<T, I, R>): NodeFunction<T> {
  requireObject('definition', definition);
  const { items, processor, aggregate, ...options } = definition;
  requireFunction('items', items);
  requireFunction('processor', processor);
  requireFunction('aggregate', aggregate);
  requireParallelOptions(options);
  return async (state, context) => {
    const { signal, observer, runtime } = context;
    const run = processParallel(await items(state), processor, { ...options, signal, observer, runtime });
    const result = options.failFast === false ? await evenIfAllFailed(run) : await run;
    return aggregate(result, state, context);
  };
}

async function evenIfAllFailed<I, R>(run: Promise<ParallelResult<I, R>>): Promise<ParallelResult<I, R>> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof ParallelError) return error.result;
    throw error;
  }
}
