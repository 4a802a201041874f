import { expectTypeOf, test } from 'vitest';
import {
  and,
  chainNode,
  conditionalNode,
  type ExecutionError,
  type GraphResult,
  keyEquals,
  keyExists,
  not,
  type Predicate,
  parallelNode,
  type RouteError,
  State,
  StateGraph,
} from '../../../src/orchestration/index.js';

interface Job {
  readonly status: 'open' | 'done';
  readonly tries: number;
  readonly note?: string;
}

const state = State.create<Job>({ status: 'open', tries: 0 });
const graph = () => new StateGraph<Job>({ name: 'job' });

test('keys and values of a state are those of its record', () => {
  expectTypeOf(state.get('status')).toEqualTypeOf<'open' | 'done'>();
  expectTypeOf(state.get('note')).toEqualTypeOf<string | undefined>();
  expectTypeOf(state.set('tries', 1)).toEqualTypeOf<State<Job>>();
  expectTypeOf(state.data).toEqualTypeOf<Readonly<Job>>();
  // @ts-expect-error no such key
  state.get('state');
  // @ts-expect-error not a value of this key
  state.set('status', 'closed');
  // @ts-expect-error not a value of this key
  state.merge({ tries: 'one' });
  // @ts-expect-error not all of the record
  State.create<Job>({ status: 'open' });
});

test('only keys that may be absent can be deleted', () => {
  expectTypeOf(state.delete).parameter(0).toEqualTypeOf<'note'>();
  // @ts-expect-error a state without tries is no Job
  state.delete('tries');
  expectTypeOf(State.create({}).delete).parameter(0).toBeNever();
  expectTypeOf(State.create<Record<string, unknown>>({}).delete).parameter(0).toEqualTypeOf<string>();
});

test('nodes and predicates of a graph are about its record', () => {
  graph().addNode('a', (given) => given.set('tries', given.get('tries') + 1));
  graph().addNode('a', async (given, { signal, iteration }) => {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(iteration).toBeNumber();
    return given;
  });
  graph().addEdge('a', 'b', and(keyEquals('status', 'done'), not(keyExists('note'))));
  graph().addEdge('a', 'b', (given) => given.get('tries') > 3);
  // @ts-expect-error another record
  graph().addNode('a', () => State.create({ other: 1 }));
  // @ts-expect-error nothing
  graph().addNode('a', () => {});
  // @ts-expect-error no such key
  graph().addEdge('a', 'b', keyExists('nope'));
  // @ts-expect-error not a value of this key
  graph().addEdge('a', 'b', keyEquals('tries', 'many'));
  graph().addEdge('a', 'b', async () => true);
  expectTypeOf(keyExists<Job>('note')).toEqualTypeOf<Predicate<Job>>();
});

test('a run takes and gives the record', () => {
  type Compiled = ReturnType<ReturnType<typeof graph>['compile']>;
  expectTypeOf<Compiled['run']>().returns.resolves.toEqualTypeOf<GraphResult<Job>>();
  expectTypeOf<Compiled['resume']>().returns.resolves.toEqualTypeOf<GraphResult<Job>>();
  expectTypeOf<Compiled['run']>().parameter(0).toEqualTypeOf<State<Job> | Job>();
  expectTypeOf<ExecutionError<State<Job>>['state']>().toEqualTypeOf<State<Job>>();
});

test('the nodes that are made of other constructs check items, results and routes', () => {
  parallelNode<Job, string, number>({
    items: () => ['a'],
    processor: (item) => item.length,
    aggregate: ({ results }, given) => given.set('tries', results.length),
  });
  parallelNode<Job, string, number>({
    // @ts-expect-error not the items
    items: () => [1],
    // @ts-expect-error not the result
    processor: (item) => item,
    aggregate: (_, given) => given,
  });
  // @ts-expect-error a route without a handler, and no default
  conditionalNode<Job, 'a' | 'b'>(() => 'a', { handlers: { a: (given) => given } });
  conditionalNode<Job, 'a' | 'b'>(() => 'a', { handlers: { a: (given) => given }, default: (given) => given });
  conditionalNode<Job, 'a'>(() => 'a', {
    // @ts-expect-error a handler for a route that there is not
    handlers: { a: (given) => given, b: (given: State<Job>) => given },
  });
  // @ts-expect-error a route that there is not
  conditionalNode<Job, 'a'>(() => 'b', { handlers: { a: (given) => given } });
  chainNode<Job, string>({ items: async () => ['a'], processor: (item, given) => given.set('note', item) });
  chainNode<Job, number>({
    items: () => [1],
    // @ts-expect-error a note is a text
    processor: (item, given) => given.set('note', item),
  });
});

test('a way that is not there tells the state', () => {
  expectTypeOf<RouteError<State<Job>>['state']>().toEqualTypeOf<State<Job>>();
  expectTypeOf<RouteError['node']>().toEqualTypeOf<string | null>();
});
