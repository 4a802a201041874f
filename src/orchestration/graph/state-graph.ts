import { requireFunction, requireText } from '../require-option.js';
import { checkGraph } from './check-graph.js';
import { Graph } from './graph.js';
import { GraphError } from './graph-errors.js';
import { type GraphOptions, type GraphSettings, resolveOptions } from './graph-options.js';
import type { Edge, GraphNode, NodeFunction } from './graph-shape.js';
import type { Predicate } from './predicates.js';

/**
 * Collects the nodes and edges of a graph, in any order; `compile` checks them.
 *
 * @example
 * const graph = new StateGraph<{ count: number }>({ name: 'counter' })
 *   .addNode('add', (state) => state.set('count', state.get('count') + 1))
 *   .addNode('done', (state) => state)
 *   .addEdge('add', 'done', keyEquals('count', 3))
 *   .addEdge('add', 'add')
 *   .setEntryPoint('add')
 *   .setExitPoint('done')
 *   .compile();
 * const { state, path } = await graph.run({ count: 0 });
 * console.log(state.get('count'), path.length); // 3 4
 */
export class StateGraph<T extends object = Record<string, unknown>> {
  private readonly settings: GraphSettings;
  private readonly nodes = new Map<string, NodeFunction<T>>();
  private readonly edges = new Map<string, Edge<T>[]>();
  private readonly exitPoints = new Set<string>();
  private entryPoint: string | undefined;

  /** @throws InvalidOptionError, UnknownObserverError */
  constructor(options: GraphOptions) {
    this.settings = resolveOptions(options);
  }

  /** @throws GraphError when a node has this name already, InvalidOptionError when `run` is not a function */
  addNode(name: string, run: NodeFunction<T>): this {
    if (typeof name !== 'string' || name === '') throw this.problem('a node must have a name');
    requireFunction(`node '${name}'`, run);
    if (this.nodes.has(name)) throw this.problem(`node '${name}' exists already`);
    this.nodes.set(name, run);
    return this;
  }

  /**
   * Adds an edge. The edges of a node are tried in the order in which they were added.
   * @param predicate when it is taken. @default always
   * @param name for events, errors and charts. @default the name of the predicate
   * @throws InvalidOptionError; `compile` reports unknown nodes
   */
  addEdge(from: string, to: string, predicate?: Predicate<T>, name?: string): this {
    requireText(`from of an edge of graph '${this.settings.name}'`, from);
    requireText(`to of an edge of graph '${this.settings.name}'`, to);
    if (name !== undefined) requireText(`name of edge '${from}' -> '${to}'`, name);
    if (predicate !== undefined) requireFunction(`predicate of edge '${from}' -> '${to}'`, predicate);
    const edges = this.edges.get(from) ?? [];
    edges.push({ from, to, index: edges.length, predicate, name: name ?? (predicate?.name || null) });
    this.edges.set(from, edges);
    return this;
  }

  /** @throws GraphError when another entry point has been set */
  setEntryPoint(name: string): this {
    requireText(`entry point of graph '${this.settings.name}'`, name);
    if (this.entryPoint !== undefined && this.entryPoint !== name) {
      throw this.problem(`the entry point is already '${this.entryPoint}', so it cannot be '${name}'`);
    }
    this.entryPoint = name;
    return this;
  }

  /** Adds a node at which a run ends. The edges of an exit point are never tried. */
  setExitPoint(name: string): this {
    requireText(`exit point of graph '${this.settings.name}'`, name);
    this.exitPoints.add(name);
    return this;
  }

  /**
   * Checks the graph and makes it ready to run. Later changes of the builder do not change the compiled graph.
   * @throws GraphError with all problems
   */
  compile(): Graph<T> {
    const { edges, entryPoint, exitPoints, settings } = this;
    const nodes = new Set(this.nodes.keys());
    const { problems, warnings } = checkGraph({ nodes, edges, entryPoint, exitPoints });
    const compiled = new Map<string, GraphNode<T>>();
    for (const [name, run] of this.nodes) {
      compiled.set(name, { name, run, edges: [...(edges.get(name) ?? [])], isExit: exitPoints.has(name) });
    }
    const entry = compiled.get(entryPoint ?? '');
    if (problems.length > 0 || !entry) throw new GraphError(settings.name, problems);
    for (const warning of warnings) settings.onWarning(`graph '${settings.name}': ${warning}`);
    const shape = { name: settings.name, entryPoint: entry, nodes: compiled, exitPoints: [...exitPoints] };
    return new Graph(shape, settings, warnings);
  }

  private problem(problem: string): GraphError {
    return new GraphError(this.settings.name, [problem]);
  }
}
