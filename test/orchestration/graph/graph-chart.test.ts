import { expect, test } from 'vitest';
import { keyEquals, StateGraph } from '../../../src/orchestration/index.js';
import { loop } from './counter.js';

test('a graph is drawn with its conditions, entry and exit', () => {
  expect(loop(3).toMermaid()).toBe(`flowchart TD
  start(( )) --> n0
  n0["add"]
  n1(["done"])
  n0 -->|"keyEquals(count)"| n1
  n0 -->|"again"| n0
`);
});

test('the way of a run stands out', async () => {
  const graph = loop(1);
  const { path } = await graph.run({ count: 0 });
  expect(graph.toMermaid({ path })).toBe(`flowchart TD
  start(( )) --> n0
  n0["add"]
  n1(["done"])
  n0 -->|"keyEquals(count)"| n1
  n0 -->|"again"| n0
  classDef taken fill:#d3f9d8,stroke:#2b8a3e,stroke-width:2px
  class n0,n1 taken
  linkStyle 0,1 stroke:#2b8a3e,stroke-width:3px
`);
});

test('names may hold anything, and edges need no name', () => {
  const graph = new StateGraph<{ x?: number }>({ name: 'odd' })
    .addNode('say "hi" & <go>\nhome', (state) => state)
    .addNode('end', (state) => state)
    .addEdge('say "hi" & <go>\nhome', 'end', (state) => state.has('x'))
    .addEdge('say "hi" & <go>\nhome', 'end', keyEquals('x', 1), 'x|y')
    .addEdge('say "hi" & <go>\nhome', 'end')
    .setEntryPoint('say "hi" & <go>\nhome')
    .setExitPoint('end')
    .compile();
  expect(graph.toMermaid({ path: ['end', 'unknown'] })).toBe(`flowchart TD
  start(( )) --> n0
  n0["say #34;hi#34; #38; #60;go#62; home"]
  n1(["end"])
  n0 -->|"?"| n1
  n0 -->|"x|y"| n1
  n0 --> n1
  classDef taken fill:#d3f9d8,stroke:#2b8a3e,stroke-width:2px
  class n1 taken
  linkStyle 0 stroke:#2b8a3e,stroke-width:3px
`);
});
