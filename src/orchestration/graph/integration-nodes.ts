import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { attemptNames } from '../attempts.js';
import type { Awaitable } from '../awaitable.js';
import type { InputItems } from '../input-items.js';
import { ParallelError, type ParallelResult } from '../parallel/parallel-errors.js';
import { type ParallelOptions, processParallel, requireParallelOptions } from '../parallel/process-parallel.js';
import type { Processor } from '../parallel/workers.js';
import { processChain, type StepProcessor } from '../process-chain.js';
import { processConditional, type RouteHandler, type RoutePredicate, readHandlers } from '../process-conditional.js';
import type { ProgressCallback } from '../progress.js';
import { requireFunction, requireObject } from '../require-option.js';
import type { NodeContext, NodeFunction } from './graph-shape.js';
import type { State } from './state.js';

/** What `chainNode` takes. */
export interface ChainNodeDefinition<T extends object, I> {
  /** Takes the items from the state when the node runs. */
  readonly items: (state: State<T>) => Awaitable<InputItems<I>>;
  /** Folds one item into the state. */
  readonly processor: StepProcessor<I, State<T>>;
  /** Called after each step with the number of completed steps (1, 2, …), the number of items, and the new state. */
  readonly onProgress?: ProgressCallback<State<T>> | undefined;
}

const chainNodeOptions: OptionNames<ChainNodeDefinition<object, unknown>> = {
  items: true,
  processor: true,
  onProgress: true,
};

/**
 * A node that folds items of the state into the state, one after the other, as `processChain` does. The observer of the
 * graph receives the `chain.*` and `step.*` events.
 *
 * @throws InvalidOptionError
 *
 * @example
 * const total = chainNode<{ prices: number[]; total: number }, number>({
 *   items: (state) => state.get('prices'),
 *   processor: (price, state) => state.set('total', state.get('total') + price),
 * });
 */
export function chainNode<T extends object, I>(definition: ChainNodeDefinition<T, I>): NodeFunction<T> {
  requireObject('definition', definition);
  requireKnown('chainNode', definition, chainNodeOptions);
  const { items, processor, onProgress } = definition;
  requireFunction('items', items);
  requireFunction('processor', processor);
  if (onProgress !== undefined) requireFunction('onProgress', onProgress);
  return async (state, { signal, observer, runtime }) => {
    const chain = await processChain(await items(state), state, processor, { onProgress, signal, observer, runtime });
    return chain.final;
  };
}

/** What `parallelNode` takes. */
export interface ParallelNodeDefinition<T extends object, I, R>
  extends Omit<ParallelOptions<R>, 'signal' | 'observer' | 'runtime'> {
  /** Takes the items from the state when the node runs. */
  readonly items: (state: State<T>) => Awaitable<InputItems<I>>;
  readonly processor: Processor<I, R>;
  /** Puts the whole result, errors included, into the state. */
  readonly aggregate: (result: ParallelResult<I, R>, state: State<T>, context: NodeContext) => Awaitable<State<T>>;
}

const parallelNodeOptions: OptionNames<ParallelNodeDefinition<object, unknown, unknown>> = {
  items: true,
  processor: true,
  aggregate: true,
  concurrency: true,
  maxWorkers: true,
  workerCap: true,
  failFast: true,
  onProgress: true,
  ...attemptNames,
};

/**
 * A node that processes items of the state in parallel, as `processParallel` does, and aggregates the result. With
 * `failFast: false` the aggregator decides about failures, also when all items failed; otherwise the first one fails the
 * node. The observer of the graph receives the `parallel.*` events.
 *
 * @throws InvalidOptionError
 *
 * @example
 * const analyse = parallelNode<{ reviews: string[]; lengths?: number[] }, string, number>({
 *   items: (state) => state.get('reviews'),
 *   processor: async (review) => review.length,
 *   aggregate: ({ results }, state) => state.set('lengths', results),
 * });
 */
export function parallelNode<T extends object, I, R>(definition: ParallelNodeDefinition<T, I, R>): NodeFunction<T> {
  requireObject('definition', definition);
  requireKnown('parallelNode', definition, parallelNodeOptions);
  const { items, processor, aggregate, ...options } = definition;
  requireFunction('items', items);
  requireFunction('processor', processor);
  requireFunction('aggregate', aggregate);
  requireParallelOptions('parallelNode', options);
  return async (state, context) => {
    const { signal, observer, runtime } = context;
    const run = processParallel(await items(state), processor, { ...options, signal, observer, runtime });
    const result = await run.catch((error: unknown) => {
      if (options.failFast === false && error instanceof ParallelError) return error.result as ParallelResult<I, R>;
      throw error;
    });
    return aggregate(result, state, context);
  };
}

/** Where a conditional node may go: a handler for every route, or some handlers and a default. */
export type NodeRoutes<T extends object, K extends string> =
  | { readonly handlers: Readonly<Record<K, NodeHandler<T, K>>>; readonly default?: undefined }
  | { readonly handlers: Readonly<Partial<Record<K, NodeHandler<T, K>>>>; readonly default: NodeHandler<T, K> };

/** Does the work of one route. */
export type NodeHandler<T extends object, K extends string> = RouteHandler<State<T>, State<T>, K>;

const routeOptions: OptionNames<NodeRoutes<object, string>> = { handlers: true, default: true };

/**
 * A node that chooses one of its handlers by the state, as `processConditional` does. A choice between nodes is made by
 * edges. The observer of the graph receives the `route.*` events.
 *
 * @throws InvalidOptionError
 *
 * @example
 * const answer = conditionalNode<{ rating: number; reply?: string }, 'thank' | 'ask'>(
 *   (state) => (state.get('rating') > 3 ? 'thank' : 'ask'),
 *   {
 *     handlers: {
 *       thank: (state) => state.set('reply', 'Thank you!'),
 *       ask: (state) => state.set('reply', 'What went wrong?'),
 *     },
 *   },
 * );
 */
export function conditionalNode<T extends object, K extends string>(
  predicate: RoutePredicate<State<T>, K>,
  routes: NodeRoutes<T, K>,
): NodeFunction<T> {
  requireFunction('predicate', predicate);
  requireKnown('conditionalNode', Object(routes), routeOptions);
  readHandlers<NodeHandler<T, K>>(Object(routes));
  return (state, { signal, observer, runtime }) => {
    const call = { signal, observer, runtime };
    type H = NodeHandler<T, K>;
    if (routes.default === undefined) {
      return processConditional<State<T>, K, H>(state, predicate, { ...call, handlers: routes.handlers });
    }
    const { handlers, default: fallback } = routes;
    return processConditional<State<T>, K, H, H>(state, predicate, { ...call, handlers, default: fallback });
  };
}
