import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { requireKnown } from '../../foundation/known-options.js';
import { type AttemptOptions, attemptNames, attemptPolicy } from '../attempts.js';
import { requireConcurrency, requireFunction, requireObject, requireText } from '../require-option.js';
import { type BranchOptions, branchesNode, type MapDefinition, type Reducers } from './branches.js';
import { checkGraph } from './check-graph.js';
import { Graph } from './graph.js';
import { GraphError } from './graph-errors.js';
import { type GraphOptions, type GraphSettings, resolveOptions } from './graph-options.js';
import type { Edge, GraphNode, NodeContext, NodeFunction } from './graph-shape.js';
import { tryNode } from './node-attempts.js';
import type { Predicate } from './predicates.js';
import type { State } from './state.js';
import { isSubgraph } from './subgraph-node.js';

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
  private readonly branches = new Map<string, readonly string[]>();
  private readonly nested = new Set<string>();
  private readonly exitPoints = new Set<string>();
  private entryPoint: string | undefined;

  /** @throws InvalidOptionError, UnknownObserverError */
  constructor(options: GraphOptions) {
    this.settings = resolveOptions(options);
  }

  /**
   * Adds a node. With `retries` or `timeoutMs` it is tried again after a failure, with the same state; without them once.
   * @throws GraphError when a node has this name already, InvalidOptionError
   */
  addNode(name: string, run: NodeFunction<T>, options: AttemptOptions = {}): this {
    if (typeof name !== 'string' || name === '') throw this.problem('a node must have a name');
    requireFunction(`node '${name}'`, run);
    if (this.nodes.has(name)) throw this.problem(`node '${name}' exists already`);
    requireKnown('addNode', options, attemptNames);
    const policy = attemptPolicy(` of node '${name}'`, options);
    this.nodes.set(name, tryNode(this.settings.name, name, run, policy));
    if (isSubgraph(run)) this.nested.add(name);
    return this;
  }

  /**
   * Adds a node that runs other nodes at the same time, all with the same state, and joins what they changed. A branch has no
   * edges. The first failure aborts the other branches, and fails the node. Branches that are done are saved: a resumed run
   * repeats only the others.
   *
   * @throws GraphError when a node has this name already, InvalidOptionError; `compile` reports unknown branches
   *
   * @example
   * graph.addBranches('study', ['facts', 'mood'], { join: 'report', reducers: { notes: (a, b) => [...a, ...b] } });
   */
  addBranches(name: string, branches: readonly string[], options: BranchOptions<T> = {}): this {
    requireKnown('addBranches', options, { join: true, reducers: true });
    if (!Array.isArray(branches) || branches.length === 0 || new Set(branches).size < branches.length) {
      throw new InvalidOptionError(`branches of node '${name}'`, 'the names of different nodes', branches);
    }
    for (const branch of branches) requireText(`branch of node '${name}'`, branch);
    const { nodes } = this;
    const named = [...branches];
    const branchesOf = () => named.map((branch) => ({ name: branch, run: nodes.get(branch) ?? missing }));
    this.addJoined(name, branchesNode(branchesOf, checkReducers(name, options.reducers)), options.join);
    this.branches.set(name, named);
    return this;
  }

  /**
   * Adds a node that does the same for all items of a list at the same time, and joins what was changed, as `addBranches`
   * does. Items that are done are saved.
   *
   * @throws GraphError when a node has this name already, InvalidOptionError
   *
   * @example
   * graph.addMap('measure', {
   *   items: (state) => state.get('texts'),
   *   run: (text) => ({ lengths: [text.length] }),
   *   join: 'report',
   *   reducers: { lengths: (a, b) => [...a, ...b] },
   * });
   */
  addMap<I>(name: string, definition: MapDefinition<T, I>): this {
    requireKnown('addMap', definition, { items: true, run: true, join: true, reducers: true, concurrency: true });
    const { items, run, join, concurrency } = definition;
    requireFunction(`items of node '${name}'`, items);
    requireFunction(`run of node '${name}'`, run);
    if (concurrency !== undefined) requireConcurrency(concurrency, `concurrency of node '${name}'`);
    const branchesOf = (state: State<T>) =>
      [...items(state)].map((item, index) => ({
        name: `item ${index}`,
        run: (before: State<T>, context: NodeContext) => run(item, before, { ...context, index }),
      }));
    this.nested.add(name);
    const node = branchesNode(branchesOf, checkReducers(name, definition.reducers), concurrency);
    return this.addJoined(name, node, join);
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
    const { branches } = this;
    const { problems, warnings } = checkGraph({ nodes, edges, entryPoint, exitPoints, branches });
    const compiled = new Map<string, GraphNode<T>>();
    for (const [name, run] of this.nodes) {
      const isExit = exitPoints.has(name);
      const isNested = this.nested.has(name);
      compiled.set(name, {
        name,
        run,
        edges: [...(edges.get(name) ?? [])],
        isExit,
        branches: branches.get(name),
        isNested,
      });
    }
    const entry = compiled.get(entryPoint ?? '');
    if (problems.length > 0 || !entry) throw new GraphError(settings.name, problems);
    for (const warning of warnings) settings.onWarning(`graph '${settings.name}': ${warning}`);
    const shape = { name: settings.name, entryPoint: entry, nodes: compiled, exitPoints: [...exitPoints] };
    return new Graph(shape, settings, warnings);
  }

  private addJoined(name: string, run: NodeFunction<T>, join: string | undefined): this {
    this.addNode(name, run);
    return join === undefined ? this : this.addEdge(name, join);
  }

  private problem(problem: string): GraphError {
    return new GraphError(this.settings.name, [problem]);
  }
}

function checkReducers<T extends object>(name: string, reducers: Reducers<T> = {}): Reducers<T> {
  requireObject(`reducers of node '${name}'`, reducers);
  for (const [key, reducer] of Object.entries(reducers))
    requireFunction(`reducer of '${key}' of node '${name}'`, reducer);
  return reducers;
}

/** `compile` has rejected such a graph. */
function missing(): never {
  throw new TypeError('a branch is missing');
}
