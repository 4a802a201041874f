import { describe, expect, test } from 'vitest';
import type { StateGraph as Builder } from '../../../src/orchestration/graph/state-graph.js';
import { always, type GraphOptions, keyExists, type State, StateGraph } from '../../../src/orchestration/index.js';

const same = (state: State) => state;

/** A graph of nodes and edges like `a>b`; those with `?` have a predicate. */
function draft(nodes: string, edges: string, options: Partial<GraphOptions> = {}): Builder {
  const graph = new StateGraph({ name: 'g', onWarning: () => {}, ...options });
  for (const node of nodes.split(' ')) graph.addNode(node, same);
  for (const edge of edges.split(' ').filter(Boolean)) {
    const [from = '', to = ''] = edge.replace('?', '').split('>');
    graph.addEdge(from, to, edge.endsWith('?') ? keyExists('x') : undefined);
  }
  return graph;
}

function problemsOf(graph: Builder): readonly string[] {
  try {
    graph.compile();
    return [];
  } catch (error) {
    expect(error).toMatchObject({ name: 'GraphError', code: 'CHORALE_GRAPH', graph: 'g' });
    const { problems, message } = error as { problems: string[]; message: string };
    expect(message).toBe(`graph 'g': ${problems.join('; ')}`);
    return problems;
  }
}

describe('compile refuses', () => {
  test('a graph with nothing in it, telling all that is missing', () => {
    expect(problemsOf(new StateGraph({ name: 'g' }))).toEqual([
      'it has no nodes (addNode)',
      'it has no entry point (setEntryPoint)',
      'it has no exit point (setExitPoint)',
    ]);
  });

  test('names of no node, with the one that was probably meant', () => {
    const graph = draft('load parse', 'load>prase x>parse').setEntryPoint('Load').setExitPoint('pars');
    expect(problemsOf(graph)).toEqual([
      "entry point 'Load' is not a node, did you mean 'load'? (known: load, parse)",
      "exit point 'pars' is not a node, did you mean 'parse'? (known: load, parse)",
      "edge 'load' -> 'prase': its end 'prase' is not a node, did you mean 'parse'? (known: load, parse)",
      "edge 'x' -> 'parse': its start 'x' is not a node (known: load, parse)",
    ]);
  });

  test('nodes that cannot be reached', () => {
    const graph = draft('a b c d', 'a>b c>d d>b').setEntryPoint('a').setExitPoint('b');
    expect(problemsOf(graph)).toEqual([
      "node 'c' cannot be reached from the entry point 'a'",
      "node 'd' cannot be reached from the entry point 'a'",
    ]);
  });

  test('nodes that only an exit point would lead to', () => {
    expect(problemsOf(draft('a b c', 'a>b b>c c>b').setEntryPoint('a').setExitPoint('b'))).toEqual([
      "node 'c' cannot be reached from the entry point 'a'",
    ]);
  });

  test('dead ends, also those that go round in circles', () => {
    const graph = draft('a b c d e', 'a>b? a>c? a>e c>d d>c').setEntryPoint('a').setExitPoint('e');
    expect(problemsOf(graph)).toEqual([
      "node 'b' is a dead end: it has no edge, and is not an exit point",
      "node 'c' is a dead end: no path leads from it to an exit point",
      "node 'd' is a dead end: no path leads from it to an exit point",
    ]);
  });

  test('long lists of names are cut', () => {
    const names = Array.from({ length: 12 }, (_, index) => `node${index}`);
    const [problem] = problemsOf(draft(names.join(' '), '').setEntryPoint('zzz').setExitPoint('node0'));
    expect(problem).toMatch(/^entry point 'zzz' is not a node \(known: node0, .*, node9, … \(12\)\)$/);
  });
});

describe('the builder refuses at once', () => {
  const graph = () => draft('a b', 'a>b');
  test.each([
    ['a node of a name that is taken', () => graph().addNode('a', same), "graph 'g': node 'a' exists already"],
    ['a node without a name', () => graph().addNode('', same), "graph 'g': a node must have a name"],
    [
      'a node that is no function',
      () => graph().addNode('c', 5 as never),
      "option node 'c' must be a function, but is 5 (number)",
    ],
    [
      'a predicate that is no function',
      () => graph().addEdge('a', 'b', 'x' as never),
      "option predicate of edge 'a' -> 'b' must be a function, but is 'x' (string)",
    ],
    [
      'a second entry point',
      () => graph().setEntryPoint('a').setEntryPoint('b'),
      "graph 'g': the entry point is already 'a', so it cannot be 'b'",
    ],
  ])('%s', (_, act, message) => expect(act).toThrow(message));

  test('the same entry point may be set again', () => {
    expect(() => graph().setEntryPoint('a').setEntryPoint('a')).not.toThrow();
  });

  test.each<[Record<string, unknown>, string]>([
    [{ name: '' }, 'option name must be a text that is not empty'],
    [{ maxIterations: 0 }, 'option maxIterations must be a whole number of at least 1'],
    [{ freeze: 'yes' }, 'option freeze must be true or false'],
    [{ snapshots: 1 }, 'option snapshots must be true or false'],
    [{ onWarning: 1 }, 'option onWarning must be a function'],
    [{ observer: {} }, 'option observer must be an observer, or the name of a registered one'],
    [{ observer: 'nobody' }, 'unknown observer: nobody'],
    [{ checkpoints: {} }, 'option checkpoints.store must be a store, as memoryStore() or libsqlStore()'],
    [{ checkpoints: { store: { checkpoints: { append() {} } }, interval: -1 } }, 'option checkpoints.interval must be'],
    [{ checkpoints: { store: { checkpoints: { append() {} } }, preserve: 1 } }, 'option checkpoints.preserve must be'],
    [{ checkpoints: { store: { checkpoints: { append() {} } }, leaseMs: 2 } }, 'option checkpoints.leaseMs must be'],
  ])('options like %o', (options, message) => {
    expect(() => new StateGraph({ name: 'g', ...options })).toThrow(message);
  });
});

describe('compile warns of', () => {
  test('edges behind one without a condition', () => {
    const warnings: string[] = [];
    const graph = draft('a b c', 'a>c? a>b a>c b>c', { onWarning: (warning) => void warnings.push(warning) });
    const compiled = graph.setEntryPoint('a').setExitPoint('c').compile();
    expect(compiled.warnings).toEqual([
      "node 'a': edge 2 to 'c' is never tried, because edge 1 to 'b' has no condition",
    ]);
    expect(warnings).toEqual([`graph 'g': ${compiled.warnings[0]}`]);
  });

  test('edges behind one that is always true', () => {
    const graph = draft('a b', '').addEdge('a', 'b', always).addEdge('a', 'b', keyExists('x'));
    expect(graph.setEntryPoint('a').setExitPoint('b').compile().warnings).toHaveLength(1);
  });

  test('edges of an exit point', () => {
    const { warnings } = draft('a b', 'a>b b>a').setEntryPoint('a').setExitPoint('b').compile();
    expect(warnings).toEqual(["node 'b': edge 0 to 'a' is never tried, because 'b' is an exit point"]);
  });

  test('nothing where nothing is odd', () => {
    expect(draft('a b', 'a>b? a>a').setEntryPoint('a').setExitPoint('b').compile().warnings).toEqual([]);
  });
});

test('what is added after compile does not change the compiled graph', async () => {
  const builder = draft('a b', 'a>b').setEntryPoint('a').setExitPoint('b');
  const graph = builder.compile();
  builder.addNode('c', same).addEdge('a', 'c').setExitPoint('a');
  expect((await graph.run({})).path).toEqual(['a', 'b']);
});
