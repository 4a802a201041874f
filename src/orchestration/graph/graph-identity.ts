import type { GraphShape } from './graph-node.js';

/**
 * A short text that differs when nodes, edges or points of a graph differ, or its declared version: checkpoints of one
 * graph must not be continued by another. What the functions do is not part of it.
 */
export function graphIdentity<T extends object>(shape: GraphShape<T>, version: string): string {
  const nodes = [...shape.nodes.values()].map(({ name, isExit, edges }) => [
    name,
    isExit,
    edges.map(({ to, name: label, predicate }) => [to, label, predicate !== undefined]),
  ]);
  nodes.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return hash(JSON.stringify([shape.name, version, shape.entryPoint.name, nodes]));
}

/** cyrb53 (bryc, public domain): 53 bits, as 14 hex digits. */
function hash(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let position = 0; position < text.length; position += 1) {
    const unit = text.charCodeAt(position);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, '0');
}
