import { processConditional, type RouteHandler, type RoutePredicate, readHandlers } from '../process-conditional.js';
import { requireFunction } from '../require-option.js';
import type { NodeFunction } from './graph-node.js';
import type { State } from './state.js';

/** Where a conditional node may go: a handler for every route, or some handlers and a default. */
export type NodeRoutes<T extends object, K extends string> =
  | { readonly handlers: Readonly<Record<K, NodeHandler<T, K>>>; readonly default?: undefined }
  | { readonly handlers: Readonly<Partial<Record<K, NodeHandler<T, K>>>>; readonly default: NodeHandler<T, K> };

/** Does the work of one route. */
export type NodeHandler<T extends object, K extends string> = RouteHandler<State<T>, State<T>, K>;

/**
 * A node that chooses among handlers by the state, as `processConditional` does: for choices that are the business of one
 * node. Choices that lead to other nodes are edges. The graph's observer receives the `route.*` events.
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
  readHandlers<NodeHandler<T, K>>(Object(routes));
  return (state, { signal, observer, runtime }) => {
    const call = { signal, observer, runtime };
    if (routes.default === undefined)
      return processConditional(state, predicate, { ...call, handlers: routes.handlers });
    return processConditional(state, predicate, { ...call, handlers: routes.handlers, default: routes.default });
  };
}
