import type { Edge } from './graph-shape.js';

/** The answer of a predicate. @throws TypeError unless it is true or false */
export function requireAnswer(result: unknown): boolean {
  if (typeof result === 'boolean') return result;
  throw new TypeError(`a predicate must return true or false, but returned ${typeof result}`);
}

/** As in `'build' -> 'test' (hasArtifact)`. */
export function describeEdge({ from, to, name }: Pick<Edge<never>, 'from' | 'to' | 'name'>): string {
  return `'${from}' -> '${to}'${name === null ? '' : ` (${name})`}`;
}
