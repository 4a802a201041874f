import { requireFunction, requireText } from '../require-option.js';
import { checkGraph, knownNames } from './check-graph.js';
import { Graph } from './graph.js';
import { GraphError } from './graph-errors.js';
import type { Edge, GraphNode, NodeFunction } from './graph-node.js';
import { type GraphOptions, type GraphSettings, settleOptions } from './graph-options.js';
import type { Predicate } from './predicates.js';

/**
 * Collects the nodes and edges of a graph. Nodes and edges may be added in any order; `compile` checks that they fit.
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
    this.settings = settleOptions(options);
  }

  /** @throws GraphError when there is a node of this name, InvalidOptionError when `run` is no function */
  addNode(name: string, run: NodeFunction<T>): this {
    if (typeof name !== 'string' || name === '') throw this.refusal('a node must have a name');
    requireFunction(`node '${name}'`, run);
    if (this.nodes.has(name)) throw this.refusal(`node '${name}' is there already`);
    this.nodes.set(name, run);
    return this;
  }

  /**
   * Adds a way on. The edges of a node are tried in the order in which they were added.
   * @param predicate when it is taken; left out: always
   * @param name how events, errors and drawings call it; left out: the name of the predicate
   * @throws InvalidOptionError; `compile` tells of nodes that are not there
   */
  addEdge(from: string, to: string, predicate?: Predicate<T>, name?: string): this {
    requireText(`from of an edge of graph '${this.settings.name}'`, from);
    requireText(`to of an edge of graph '${this.settings.name}'`, to);
    if (name !== undefined) requireText(`name of edge '${from}' -> '${to}'`, name);
    if (predicate !== undefined) requireFunction(`predicate of edge '${from}' -> '${to}'`, predicate);
    const ways = this.edges.get(from) ?? [];
    ways.push({ from, to, index: ways.length, predicate, name: name ?? (predicate?.name || null) });
    this.edges.set(from, ways);
    return this;
  }

  /** @throws GraphError when another entry point has been set */
  setEntryPoint(name: string): this {
    requireText(`entry point of graph '${this.settings.name}'`, name);
    if (this.entryPoint !== undefined && this.entryPoint !== name) {
      throw this.refusal(`the entry point is '${this.entryPoint}' already, and cannot be '${name}', too`);
    }
    this.entryPoint = name;
    return this;
  }

  /** Where a run may end; there may be several. The edges of an exit point are never tried. */
  setExitPoint(name: string): this {
    requireText(`exit point of graph '${this.settings.name}'`, name);
    this.exitPoints.add(name);
    return this;
  }

  /**
   * Checks the graph and makes it ready to run. What is added afterwards does not change the compiled graph.
   * @throws GraphError with everything that is wrong
   */
  compile(): Graph<T> {
    const { nodes, edges, entryPoint, exitPoints } = this;
    const report = checkGraph({ nodes: new Set(nodes.keys()), edges, entryPoint, exitPoints });
    if (report.problems.length > 0) throw new GraphError(this.settings.name, report.problems);
    const compiled = new Map<string, GraphNode<T>>();
    for (const [name, run] of nodes) {
      compiled.set(name, { name, run, edges: [...(edges.get(name) ?? [])], isExit: exitPoints.has(name) });
    }
    const entry = entryPoint === undefined ? undefined : compiled.get(entryPoint);
    if (!entry) throw this.refusal(`no entry point${knownNames('', new Set(nodes.keys()))}`);
    for (const warning of report.warnings) this.settings.onWarning(`graph '${this.settings.name}': ${warning}`);
    const shape = { name: this.settings.name, entryPoint: entry, nodes: compiled, exitPoints: [...exitPoints] };
    return new Graph(shape, this.settings, report.warnings);
  }

  private refusal(problem: string): GraphError {
    return new GraphError(this.settings.name, [problem]);
  }
}
