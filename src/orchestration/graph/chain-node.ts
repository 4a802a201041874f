import { processChain, type StepProcessor } from '../process-chain.js';
import type { ProgressCallback } from '../progress.js';
import { requireFunction, requireObject } from '../require-option.js';
import type { NodeFunction } from './graph-node.js';
import type { State } from './state.js';

/** What a chain node does. */
export interface ChainNodeDefinition<T extends object, I> {
  /** Takes the items from the state when the node runs. */
  readonly items: (state: State<T>) => readonly I[] | PromiseLike<readonly I[]>;
  /** Folds one item into the state. */
  readonly processor: StepProcessor<I, State<T>>;
  /** Called after each step with the number of completed steps (1, 2, …), the number of items, and the new state. */
  readonly onProgress?: ProgressCallback<State<T>> | undefined;
}

/**
 * A node that folds items of the state into the state, one after the other, as `processChain` does. The graph's observer
 * receives the `chain.*` and `step.*` events.
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
  const { items, processor, onProgress } = definition;
  requireFunction('items', items);
  requireFunction('processor', processor);
  if (onProgress !== undefined) requireFunction('onProgress', onProgress);
  return async (state, { signal, observer, runtime }) => {
    const chain = await processChain(await items(state), state, processor, { onProgress, signal, observer, runtime });
    return chain.final;
  };
}
