import { didYouMean, listNames } from '../../foundation/errors/message-text.js';
import { always, type Predicate } from './predicates.js';

/** What a builder has collected, before it is known to fit together. */
export interface GraphDraft {
  readonly nodes: ReadonlySet<string>;
  /** By the node from which they lead, in order. */
  readonly edges: ReadonlyMap<string, readonly DraftEdge[]>;
  readonly entryPoint: string | undefined;
  readonly exitPoints: ReadonlySet<string>;
}

/** An edge as far as its place in the graph goes. */
export interface DraftEdge {
  readonly from: string;
  readonly to: string;
  readonly predicate: Predicate<never> | undefined;
}

/** What is wrong with a draft (it cannot run), and what is odd about it (it can). */
export interface GraphReport {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export function checkGraph(draft: GraphDraft): GraphReport {
  const missing = [...missingPoints(draft), ...unknownNames(draft)];
  const problems = missing.length > 0 ? missing : wayProblems(draft);
  return { problems, warnings: [...shadowedEdges(draft), ...edgesOfExits(draft)] };
}

function missingPoints({ nodes, entryPoint, exitPoints }: GraphDraft): string[] {
  const problems: string[] = [];
  if (nodes.size === 0) problems.push('it has no nodes (addNode)');
  if (entryPoint === undefined) problems.push('it has no entry point (setEntryPoint)');
  if (exitPoints.size === 0) problems.push('it has no exit point (setExitPoint)');
  return problems;
}

function unknownNames({ nodes, edges, entryPoint, exitPoints }: GraphDraft): string[] {
  const problems: string[] = [];
  const expect = (role: string, name: string) => {
    if (!nodes.has(name)) problems.push(`${role} '${name}' is no node${knownNames(name, nodes)}`);
  };
  if (entryPoint !== undefined) expect('entry point', entryPoint);
  for (const exit of exitPoints) expect('exit point', exit);
  for (const { from, to } of [...edges.values()].flat()) {
    expect(`edge '${from}' -> '${to}': its begin`, from);
    expect(`edge '${from}' -> '${to}': its end`, to);
  }
  return problems;
}

/** The known names, with the one that was probably meant. */
export function knownNames(wanted: string, known: ReadonlySet<string>): string {
  const names = [...known];
  return `${didYouMean(wanted, names)} (known: ${listNames(names)})`;
}

function wayProblems({ nodes, edges, entryPoint, exitPoints }: GraphDraft): string[] {
  const forward = (node: string) => (exitPoints.has(node) ? [] : (edges.get(node) ?? []).map(({ to }) => to));
  const before = new Map([...nodes].map((node): [string, string[]] => [node, []]));
  for (const node of nodes) for (const to of forward(node)) before.get(to)?.push(node);
  const reached = reachable(entryPoint === undefined ? [] : [entryPoint], forward);
  const leaving = reachable([...exitPoints], (node) => before.get(node) ?? []);
  const problems: string[] = [];
  for (const node of nodes) {
    if (!reached.has(node)) problems.push(`node '${node}' cannot be reached from the entry point '${entryPoint}'`);
    else if (leaving.has(node)) continue;
    else if (forward(node).length === 0)
      problems.push(`node '${node}' is a dead end: no edge leads on, and it is no exit point`);
    else problems.push(`node '${node}' is a dead end: no way leads from it to an exit point`);
  }
  return problems;
}

function reachable(start: readonly string[], next: (node: string) => readonly string[]): Set<string> {
  const found = new Set(start);
  for (const node of found) for (const to of next(node)) found.add(to);
  return found;
}

function shadowedEdges({ edges }: GraphDraft): string[] {
  return [...edges].flatMap(([from, ways]) => {
    const open = ways.findIndex(({ predicate }) => predicate === undefined || predicate === always);
    if (open < 0) return [];
    const first = `edge ${open} to '${ways[open]?.to}' has no condition`;
    return ways
      .slice(open + 1)
      .map(({ to }, after) => `node '${from}': edge ${open + 1 + after} to '${to}' is never tried, because ${first}`);
  });
}

function edgesOfExits({ edges, exitPoints }: GraphDraft): string[] {
  return [...exitPoints].flatMap((exit) =>
    (edges.get(exit) ?? []).map(
      ({ to }, index) => `node '${exit}': edge ${index} to '${to}' is never tried, because '${exit}' is an exit point`,
    ),
  );
}
