import type { Edge, GraphNode, GraphShape } from './graph-node.js';

const taken = 'fill:#d3f9d8,stroke:#2b8a3e,stroke-width:2px';

/** A graph as a Mermaid flowchart: exit points are rounded, conditions stand on the edges, the way taken is green. */
export function renderMermaid<T extends object>({ nodes, entryPoint }: GraphShape<T>, path: readonly string[]): string {
  const ids = new Map([...nodes.keys()].map((name, index) => [name, `n${index}`]));
  const edges = [...nodes.values()].flatMap((node) => node.edges);
  const lines = ['flowchart TD', `  start(( )) --> ${ids.get(entryPoint.name)}`];
  for (const node of nodes.values()) lines.push(`  ${ids.get(node.name)}${boxOf(node)}`);
  for (const edge of edges) lines.push(`  ${ids.get(edge.from)} ${arrowOf(edge)} ${ids.get(edge.to)}`);
  const visited = [...new Set(path)].flatMap((name) => ids.get(name) ?? []);
  if (visited.length > 0) lines.push(`  classDef taken ${taken}`, `  class ${visited.join(',')} taken`);
  const links = linksTaken(edges, path);
  if (visited.length > 0) lines.push(`  linkStyle ${[0, ...links].join(',')} stroke:#2b8a3e,stroke-width:3px`);
  return `${lines.join('\n')}\n`;
}

function boxOf<T extends object>({ name, isExit }: GraphNode<T>): string {
  return isExit ? `(["${quoted(name)}"])` : `["${quoted(name)}"]`;
}

function arrowOf<T extends object>({ name, predicate }: Edge<T>): string {
  if (name !== null) return `-->|"${quoted(name)}"|`;
  return predicate === undefined ? '-->' : '-->|"?"|';
}

/** Numbers of the links, the one to the entry point being 0. Of several edges between two nodes the first is meant. */
function linksTaken<T extends object>(edges: readonly Edge<T>[], path: readonly string[]): number[] {
  const first = new Map<string, number>();
  edges.forEach(({ from, to }, index) => {
    const pair = JSON.stringify([from, to]);
    if (!first.has(pair)) first.set(pair, index + 1);
  });
  const pairs = path.slice(1).map((to, before) => JSON.stringify([path[before], to]));
  return [...new Set(pairs)].flatMap((pair) => first.get(pair) ?? []).sort((a, b) => a - b);
}

/** Mermaid reads entities in quoted texts, and nothing else that could end them. */
function quoted(text: string): string {
  return text
    .replaceAll('&', '#amp;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll(/[\r\n]+/g, ' ');
}
