import { isPlain } from '../../foundation/lossless-json.js';
import { State } from './state.js';

/**
 * What a node, a branch or an inner graph gave, as the continuation of a state.
 * @param owner who gave it, for the message
 * @throws TypeError unless it is a state, or a record of changes
 */
export function stateOf<T extends object>(state: State<T>, output: unknown, owner: 'node' | 'branch'): State<T> {
  if (output instanceof State) return state.continuedBy(output);
  if (isPlain(output) && !Array.isArray(output)) return state.merge(output as Partial<T>);
  const found = output === null ? 'null' : typeof output;
  throw new TypeError(`a ${owner} must return a State or a record of changes, but returned ${found}`);
}
