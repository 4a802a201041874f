import { didYouMean, listNames } from '../../foundation/text/message-text.js';
import type { Edge } from './graph-shape.js';
import { always } from './predicates.js';

/** What a builder has collected. */
export interface GraphDraft {
  readonly nodes: ReadonlySet<string>;
  /** By the node from which they lead, in order. */
  readonly edges: ReadonlyMap<string, readonly Pick<Edge<never>, 'from' | 'to' | 'predicate'>[]>;
  readonly entryPoint: string | undefined;
  readonly exitPoints: ReadonlySet<string>;
  /** By the node that runs them. */
  readonly branches: ReadonlyMap<string, readonly string[]>;
}

/** The errors of a draft, with which it cannot run, and the warnings, with which it can. */
export function checkGraph(draft: GraphDraft): Record<'problems' | 'warnings', readonly string[]> {
  const missing = [...missingPoints(draft), ...unknownNames(draft), ...wrongBranches(draft)];
  const problems = missing.length > 0 ? missing : pathProblems(draft);
  return { problems, warnings: [...shadowedEdges(draft), ...edgesOfExits(draft)] };
}

function missingPoints({ nodes, entryPoint, exitPoints }: GraphDraft): string[] {
  const problems: string[] = [];
  if (nodes.size === 0) problems.push('it has no nodes (addNode)');
  if (entryPoint === undefined) problems.push('it has no entry point (setEntryPoint)');
  if (exitPoints.size === 0) problems.push('it has no exit point (setExitPoint)');
  return problems;
}

function unknownNames({ nodes, edges, entryPoint, exitPoints, branches }: GraphDraft): string[] {
  const problems: string[] = [];
  const known = [...nodes];
  const expect = (role: string, name: string) => {
    if (nodes.has(name)) return;
    problems.push(`${role} '${name}' is not a node${didYouMean(name, known)} (known: ${listNames(known)})`);
  };
  if (entryPoint !== undefined) expect('entry point', entryPoint);
  for (const exit of exitPoints) expect('exit point', exit);
  for (const [node, names] of branches) for (const name of names) expect(`branch of node '${node}':`, name);
  for (const { from, to } of [...edges.values()].flat()) {
    expect(`edge '${from}' -> '${to}': its start`, from);
    expect(`edge '${from}' -> '${to}': its end`, to);
  }
  return problems;
}

/** A branch ends where its node joins the branches, so it can lead nowhere else. */
function wrongBranches({ edges, entryPoint, exitPoints, branches }: GraphDraft): string[] {
  const targets = new Set([...edges.values()].flat().map(({ to }) => to));
  return [...branches].flatMap(([node, names]) =>
    names.flatMap((name) => {
      const branch = `branch '${name}' of node '${node}'`;
      if (branches.has(name)) return [`${branch} has branches itself: make it a graph of its own`];
      if (edges.has(name))
        return [`${branch} has an edge: the edges of '${node}' are taken when all branches are done`];
      if (targets.has(name) || entryPoint === name) return [`${branch} is also reached by an edge, or the entry point`];
      return exitPoints.has(name) ? [`${branch} is an exit point: make '${node}' the exit point`] : [];
    }),
  );
}

function pathProblems({ nodes, edges, entryPoint, exitPoints, branches }: GraphDraft): string[] {
  const joins = new Map([...branches].flatMap(([node, names]) => names.map((name): [string, string] => [name, node])));
  const forward = (node: string) => {
    const join = joins.get(node);
    const next = exitPoints.has(node) ? [] : (edges.get(node) ?? []).map(({ to }) => to);
    return [...next, ...(branches.get(node) ?? []), ...(join === undefined ? [] : [join])];
  };
  const before = new Map([...nodes].map((node): [string, string[]] => [node, []]));
  for (const node of nodes) for (const to of forward(node)) before.get(to)?.push(node);
  const reached = reachable(entryPoint === undefined ? [] : [entryPoint], forward);
  const leaving = reachable(exitPoints, (node) => before.get(node) ?? []);
  return [...nodes].flatMap((node) => {
    if (!reached.has(node)) return [`node '${node}' cannot be reached from the entry point '${entryPoint}'`];
    if (leaving.has(node)) return [];
    return forward(node).length === 0
      ? [`node '${node}' is a dead end: it has no edge, and is not an exit point`]
      : [`node '${node}' is a dead end: no path leads from it to an exit point`];
  });
}

function reachable(start: Iterable<string>, next: (node: string) => readonly string[]): Set<string> {
  const found = new Set(start);
  for (const node of found) for (const to of next(node)) found.add(to);
  return found;
}

function shadowedEdges({ edges }: GraphDraft): string[] {
  return [...edges].flatMap(([from, ways]) => {
    const open = ways.findIndex(({ predicate }) => predicate === undefined || predicate === always);
    const why = `edge ${open} to '${ways[open]?.to}' has no condition`;
    return ways.flatMap(({ to }, index) =>
      open >= 0 && index > open ? [`node '${from}': edge ${index} to '${to}' is never tried, because ${why}`] : [],
    );
  });
}

function edgesOfExits({ edges, exitPoints }: GraphDraft): string[] {
  return [...exitPoints].flatMap((exit) =>
    (edges.get(exit) ?? []).map(
      ({ to }, index) => `node '${exit}': edge ${index} to '${to}' is never tried, because '${exit}' is an exit point`,
    ),
  );
}
