import { encodeJson } from '../../foundation/lossless-json.js';
import type { Awaitable } from '../awaitable.js';
import { ParallelError } from '../parallel/parallel-errors.js';
import { processParallel } from '../parallel/process-parallel.js';
import { BranchConflictError, BranchError } from './graph-errors.js';
import { type NodeContext, type NodeFunction, nodeProgress } from './graph-shape.js';
import { stateOf } from './node-output.js';
import type { NodeProgress } from './node-progress.js';
import type { State } from './state.js';
import type { Changes } from './state-entries.js';

/**
 * How values of several branches become one, by key: first the value before the branches, if there is one, with that of the
 * first branch, then the result with that of the next branch, in the order of the branches.
 */
export type Reducers<T extends object> = {
  readonly [K in keyof T & string]?: (a: Exclude<T[K], undefined>, b: Exclude<T[K], undefined>) => T[K];
};

/** Options of `addBranches`. */
export interface BranchOptions<T extends object> {
  /** The node that follows when all branches are done. @default none: use addEdge */
  readonly join?: string | undefined;
  /** For the keys that several branches change. @default such a change is an error */
  readonly reducers?: Reducers<T> | undefined;
}

/** What `addMap` takes. */
export interface MapDefinition<T extends object, I> extends BranchOptions<T> {
  /** Takes the items from the state. It runs again when a run is resumed, so it should look at the state only. */
  readonly items: (state: State<T>) => Iterable<I>;
  /** Does the work of one item: gives a changed state, or the changed keys. */
  readonly run: (
    item: I,
    state: State<T>,
    context: NodeContext & { readonly index: number },
  ) => Awaitable<State<T> | Partial<T>>;
  /** Items in flight at once. @default all */
  readonly concurrency?: number | undefined;
}

/** One of the branches that run at the same time. */
export interface Branch<T extends object> {
  readonly name: string;
  readonly run: (state: State<T>, context: NodeContext) => Awaitable<State<T> | Partial<T>>;
}

/** What a branch came to; undefined if it waits for a person. */
interface BranchEnd<T extends object> {
  readonly branch: string;
  readonly changes: Changes;
  /** Absent where the branch was done before the run was resumed. */
  readonly state?: State<T>;
}

/** A node that runs branches at the same time, all with the same state, and joins what they changed. */
export function branchesNode<T extends object>(
  branchesOf: (state: State<T>) => readonly Branch<T>[],
  reducers: Reducers<T>,
  concurrency = Number.POSITIVE_INFINITY,
): NodeFunction<T> {
  return async (state, context) => {
    const { signal, runtime, [nodeProgress]: progress } = context;
    if (!progress) throw new TypeError('branches run in a graph only');
    const branches = branchesOf(state);
    const progresses = branches.map(({ name }) => progress.within(name));
    const run = (branch: Branch<T>, index: number, abort: AbortSignal) =>
      runBranch(branch, state, { ...context, signal: abort }, index, progress, progresses[index] ?? progress);
    const { results } = await processParallel(branches, (branch, { index, signal }) => run(branch, index, signal), {
      concurrency,
      signal,
      runtime,
    }).catch((error: unknown) => {
      const first = error instanceof ParallelError ? error.result.errors[0] : undefined;
      throw first ? new BranchError(branches[first.index]?.name ?? '', first.error) : error;
    });
    progress.requested = progresses.find(({ requested }) => requested)?.requested;
    progress.requireAnswered();
    return join(
      state,
      results.filter((end) => end !== undefined),
      reducers,
    );
  };
}

async function runBranch<T extends object>(
  branch: Branch<T>,
  state: State<T>,
  context: NodeContext,
  index: number,
  whole: NodeProgress,
  own: NodeProgress,
): Promise<BranchEnd<T> | undefined> {
  const { name } = branch;
  const key = `done ${name}`;
  const known = whole.find(key) as Changes | undefined;
  if (known) return { branch: name, changes: known };
  const about = { node: whole.node, iteration: context.iteration, branch: name, index };
  const { emit } = whole.keeper;
  emit?.('branch.start', about);
  try {
    const output: unknown = await branch.run(state, { ...context, pause: own.pause, [nodeProgress]: own });
    own.requireAnswered();
    const after = stateOf(state, output, 'branch');
    const changes = after.changesSince(state);
    if (whole.keeper.lasting) await whole.keep(key, encodeChanges(changes));
    emit?.('branch.complete', { ...about, error: false });
    return { branch: name, changes, state: after };
  } catch (error) {
    if (own.requested && !context.signal.aborted) {
      emit?.('branch.complete', { ...about, error: false, paused: true });
      return undefined;
    }
    emit?.('branch.complete', { ...about, ...whole.keeper.failure(error, true) });
    throw error;
  }
}

/** @throws TypeError for a value that JSON loses or changes */
function encodeChanges({ set, removed }: Changes): string {
  const values = set.map(([key, value]) => {
    const json = encodeJson(value);
    if (typeof json === 'string') return `[${JSON.stringify(key)},${json}]`;
    const where = json.path === '' ? key : `${key}.${json.path}`;
    throw new TypeError(`${where} is ${json.found}, which JSON cannot represent`);
  });
  return `{"set":[${values.join(',')}],"removed":${JSON.stringify(removed)}}`;
}

/** @throws BranchConflictError when several branches changed a key that has no reducer */
function join<T extends object>(state: State<T>, ends: readonly BranchEnd<T>[], reducers: Reducers<T>): State<T> {
  const changed = new Map<string, { branches: string[]; values: unknown[]; isRemoved: boolean }>();
  const change = (key: string, branch: string) => {
    const found = changed.get(key) ?? { branches: [], values: [], isRemoved: false };
    changed.set(key, found);
    found.branches.push(branch);
    return found;
  };
  for (const { branch, changes } of ends) {
    for (const [key, value] of changes.set) change(key, branch).values.push(value);
    for (const key of changes.removed) change(key, branch).isRemoved = true;
  }
  const joined: Record<string, unknown> = {};
  let result = state;
  for (const [key, { branches, values, isRemoved }] of changed) {
    const reducer = Object.hasOwn(reducers, key)
      ? (reducers as Readonly<Record<string, ((a: unknown, b: unknown) => unknown) | undefined>>)[key]
      : undefined;
    if (branches.length > 1 && (!reducer || isRemoved)) throw new BranchConflictError(key, branches);
    if (isRemoved) {
      result = result.delete(key as never);
      continue;
    }
    const before: unknown = state.get(key as keyof T & string);
    const all = reducer && before !== undefined ? [before, ...values] : values;
    const value = reducer ? all.reduce((a, b) => reducer(a, b)) : all[0];
    Object.defineProperty(joined, key, { value, enumerable: true });
  }
  for (const { state: after } of ends) if (after) result = result.withSecrets(secretsOf(after));
  return Object.keys(joined).length > 0 ? result.merge(joined as Partial<T>) : result;
}

function secretsOf<T extends object>(state: State<T>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(state.secretNames().map((name) => [name, state.secret(name)]));
}
