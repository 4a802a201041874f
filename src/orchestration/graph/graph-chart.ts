import { MermaidChart } from '../mermaid.js';
import type { GraphShape } from './graph-shape.js';

/** A graph as a Mermaid flowchart: exit points are rounded, conditions stand on the edges, the path of a run is green. */
export function renderGraph<T extends object>({ nodes, entryPoint }: GraphShape<T>, path: readonly string[]): string {
  const chart = new MermaidChart();
  const names = [...nodes.keys()];
  const idOf = (name: string) => `n${names.indexOf(name)}`;
  const visited = new Set(path.filter((name) => nodes.has(name)));
  const transitions = new Set(path.slice(1).map((to, before) => JSON.stringify([path[before], to])));
  chart.link('start(( ))', idOf(entryPoint.name), '', visited.size > 0);
  for (const { name, isExit, isNested } of nodes.values()) {
    chart.node(name, isNested ? 'nested' : isExit ? 'rounded' : 'box');
  }
  for (const { name, branches = [] } of nodes.values()) {
    for (const branch of branches) {
      chart.link(idOf(name), idOf(branch), '', visited.has(name));
      if (visited.has(name)) visited.add(branch);
    }
  }
  for (const { from, to, name, predicate } of [...nodes.values()].flatMap(({ edges }) => edges)) {
    // Of several edges between two nodes the first is marked.
    const taken = transitions.delete(JSON.stringify([from, to]));
    for (const source of nodes.get(from)?.branches ?? [from]) {
      chart.link(idOf(source), idOf(to), name ?? (predicate ? '?' : ''), taken);
    }
  }
  for (const name of visited) chart.mark(idOf(name), 'taken');
  return chart.render({ taken: 'fill:#d3f9d8,stroke:#2b8a3e,stroke-width:2px' });
}
