import { describe, expect, test } from 'vitest';
import {
  BranchConflictError,
  BranchError,
  type BranchOptions,
  type ExecutionError,
  GraphCancelledError,
  GraphError,
  type GraphOptions,
  type GraphPausedError,
  InvalidOptionError,
  type NodeFunction,
  RunBusyError,
  State,
  StateGraph,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { rejection } from './counter.js';

expectNothingUnhandled();

interface Study {
  readonly texts?: readonly string[];
  readonly notes?: readonly string[];
  readonly facts?: string;
  readonly mood?: string;
  readonly total?: number;
}

const add = (a: number, b: number) => a + b;
const both: BranchOptions<Study>['reducers'] = { notes: (a, b) => [...a, ...b], total: add };
const begin = (data: Study = {}) => State.create<Study>(data, { runId: 'r' });
const note =
  (text: string): NodeFunction<Study> =>
  (state) =>
    state.set('notes', [text]);

/** `load`, then `facts` and `mood` at the same time, then `report`. */
function study(
  nodes: Partial<Record<'facts' | 'mood', NodeFunction<Study>>> = {},
  options: Partial<GraphOptions> = {},
  reducers: BranchOptions<Study>['reducers'] = both,
) {
  return new StateGraph<Study>({ name: 'study', ...options })
    .addNode('load', (state) => state)
    .addNode('facts', nodes.facts ?? note('facts'))
    .addNode('mood', nodes.mood ?? note('mood'))
    .addNode('report', (state) => state)
    .addEdge('load', 'split')
    .addBranches('split', ['facts', 'mood'], { join: 'report', reducers })
    .setEntryPoint('load')
    .setExitPoint('report')
    .compile();
}

describe('branches', () => {
  test('run at the same time, and are joined in their order, however late they are', async () => {
    let open = () => {};
    const moodIsDone = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { state, path } = await study({
      facts: async (state) => {
        await moodIsDone;
        return state.set('notes', ['facts']).set('facts', 'three');
      },
      mood: (state) => {
        open();
        return state.set('notes', ['mood']).set('mood', 'good');
      },
    }).run(begin({ notes: ['before'] }));
    expect(state.data).toEqual({ notes: ['before', 'facts', 'mood'], facts: 'three', mood: 'good' });
    expect(path).toEqual(['load', 'split', 'report']);
  });

  test('do not see what the others change', async () => {
    const seen: unknown[] = [];
    const look: NodeFunction<Study> = async (state) => {
      await new Promise(setImmediate);
      seen.push(state.data);
      return state;
    };
    await study({ facts: (state) => state.set('facts', 'one'), mood: look }).run(begin());
    expect(seen).toEqual([{}]);
  });

  test('may delete a key, of which the others know nothing', async () => {
    const { state } = await study({ facts: (state) => state.delete('mood') }).run(begin({ mood: 'bad' }));
    expect(state.data).toEqual({ notes: ['mood'] });
  });

  test.for([
    ['both set it', (state: State<Study>) => state.set('mood', 'x'), (state: State<Study>) => state.set('mood', 'y')],
    ['one deletes it', (state: State<Study>) => state.delete('mood'), (state: State<Study>) => state.set('mood', 'y')],
  ] as const)('conflict over a key that has no reducer: %s', async ([, facts, mood]) => {
    const error = await rejection<ExecutionError>(study({ facts, mood }).run(begin({ mood: 'bad' })));
    expect(error.cause).toBeInstanceOf(BranchConflictError);
    expect(error.cause).toMatchObject({ key: 'mood', branches: ['facts', 'mood'] });
    expect(error.message).toMatch(/node 'split' failed: the branches 'facts', 'mood' have all changed the key 'mood'/);
  });

  test('keep the secrets that they add', async () => {
    const graph = study({ facts: (state) => state.withSecret('key', 'sesame') });
    expect((await graph.run(begin())).state.secret('key')).toBe('sesame');
  });

  test('are aborted when one fails, and are waited for', async () => {
    let aborted: unknown;
    const graph = study({
      facts: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
            setImmediate(() => reject(signal.reason));
          });
        }),
      mood: () => {
        throw new TypeError('no luck');
      },
    });
    const error = await rejection<ExecutionError>(graph.run(begin()));
    expect(error.message).toBe("graph 'study': node 'split' failed: branch 'mood': no luck");
    expect(error.cause).toBeInstanceOf(BranchError);
    expect((error.cause as BranchError).cause).toBeInstanceOf(TypeError);
    expect(aborted).toBeDefined();
  });

  test('are cancelled with the run', async () => {
    const abort = new AbortController();
    const graph = study({
      facts: () => {
        abort.abort(new Error('enough'));
        throw new Error('stopped');
      },
    });
    expect(await rejection(graph.run(begin(), { signal: abort.signal }))).toBeInstanceOf(GraphCancelledError);
  });
});

describe.each([
  { name: 'memory', open: memoryStore },
  { name: 'libSQL', open: () => libsqlStore({ path: ':memory:' }) },
])('a resumed run, in $name', ({ open }) => {
  test('repeats only the branches that are open', async () => {
    const store = open();
    const ran: string[] = [];
    let moodRuns = () => {};
    const inMood = new Promise<void>((resolve) => {
      moodRuns = resolve;
    });
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const worker = (mood: NodeFunction<Study>) => {
      const logged =
        (name: string, node: NodeFunction<Study>): NodeFunction<Study> =>
        (state, context) => {
          ran.push(name);
          return node(state, context);
        };
      return study({ facts: logged('facts', note('facts')), mood: logged('mood', mood) }, { checkpoints: { store } });
    };
    const late = worker(async (state) => {
      moodRuns();
      await asleep;
      return state;
    }).run(begin());
    await inMood;
    await new Promise(setImmediate);
    expect((await store.checkpoints.records('r')).map(({ key }) => key)).toEqual(['split/done facts']);
    const { state } = await worker(note('mood')).resume('r', { takeOver: true });
    expect(state.data).toEqual({ notes: ['facts', 'mood'] });
    expect(ran).toEqual(['facts', 'mood', 'mood']);
    wake();
    expect(await rejection(late)).toBeInstanceOf(RunBusyError);
    store.close();
  });

  test('finds the items of a list that are done', async () => {
    const store = open();
    const ran: string[] = [];
    let broken = true;
    const graph = new StateGraph<Study>({ name: 'lengths', checkpoints: { store } })
      .addMap('measure', {
        items: (state) => state.get('texts') ?? [],
        run: (text) => {
          ran.push(text);
          if (text === 'ccc' && broken) throw new Error('no luck');
          return { total: text.length };
        },
        join: 'done',
        reducers: { total: add },
        concurrency: 1,
      })
      .addNode('done', (state) => state)
      .setEntryPoint('measure')
      .setExitPoint('done')
      .compile();
    const error = await rejection(graph.run(begin({ texts: ['a', 'bb', 'ccc', 'dddd'] })));
    expect(error.message).toMatch(/branch 'item 2': no luck/);
    broken = false;
    expect((await graph.resume('r')).state.get('total')).toBe(10);
    expect(ran).toEqual(['a', 'bb', 'ccc', 'ccc', 'dddd']);
    store.close();
  });
});

test('a conflict is resolved by a reducer that is added, and no branch runs again', async () => {
  const store = memoryStore();
  let runs = 0;
  const facts: NodeFunction<Study> = (state) => {
    runs += 1;
    return state.set('notes', ['facts']);
  };
  await rejection(study({ facts }, { checkpoints: { store } }, {}).run(begin()));
  expect((await study({ facts }, { checkpoints: { store } }).resume('r')).state.get('notes')).toEqual([
    'facts',
    'mood',
  ]);
  expect(runs).toBe(1);
});

test('branches pause one after the other for a person, and the others are done before', async () => {
  const store = memoryStore();
  const ran: string[] = [];
  const asking =
    (name: string): NodeFunction<Study> =>
    (state, { pause }) => {
      ran.push(name);
      return state.set('notes', [pause<string>(`${name}?`)]);
    };
  const graph = study({ facts: asking('facts'), mood: asking('mood') }, { checkpoints: { store } });
  expect((await rejection<GraphPausedError>(graph.run(begin()))).pauses).toMatchObject([
    { node: 'split', reason: 'facts?' },
  ]);
  expect((await rejection<GraphPausedError>(graph.resume('r', { value: 'one' }))).pauses).toMatchObject([
    { reason: 'mood?' },
  ]);
  expect((await graph.resume('r', { value: 'two' })).state.get('notes')).toEqual(['one', 'two']);
  expect(ran).toEqual(['facts', 'mood', 'facts', 'mood', 'mood']);
});

describe('a map', () => {
  const map = (concurrency?: number) =>
    new StateGraph<Study>({ name: 'map' })
      .addMap('each', {
        items: (state) => state.get('texts') ?? [],
        run: async (text, state, { index, iteration }) => {
          active += 1;
          most = Math.max(most, active);
          await new Promise(setImmediate);
          active -= 1;
          return state.set('notes', [`${iteration} ${index} ${text}`]);
        },
        reducers: both,
        concurrency,
      })
      .setEntryPoint('each')
      .setExitPoint('each')
      .compile();
  let active = 0;
  let most = 0;

  test.for([
    [undefined, 5],
    [2, 2],
    [Number.POSITIVE_INFINITY, 5],
  ] as const)('runs a node for each item of a list, %s at once', async ([concurrency, expected]) => {
    most = 0;
    const { state } = await map(concurrency).run({ texts: [...'abcde'] });
    expect(state.get('notes')).toEqual(['1 0 a', '1 1 b', '1 2 c', '1 3 d', '1 4 e']);
    expect(most).toBe(expected);
  });

  test('of an empty list changes nothing', async () => {
    expect((await map().run({ texts: [] })).state.data).toEqual({ texts: [] });
  });
});

describe('compile and the builder reject', () => {
  const draft = () =>
    new StateGraph<Study>({ name: 'g' }).addNode('a', note('a')).addNode('b', note('b')).addNode('end', note('c'));
  test.for([
    [
      'an unknown branch',
      () => draft().addBranches('split', ['a', 'bb'], { join: 'end' }),
      /branch of node 'split': 'bb' is not a node.*did you mean/,
    ],
    [
      'a branch with an edge',
      () => draft().addBranches('split', ['a', 'b'], { join: 'end' }).addEdge('a', 'end'),
      /branch 'a' of node 'split' has an edge/,
    ],
    [
      'a branch that is an exit point',
      () => draft().addBranches('split', ['a', 'b'], { join: 'end' }).setExitPoint('a'),
      /branch 'a' of node 'split' is an exit point/,
    ],
    [
      'a branch that an edge reaches',
      () => draft().addBranches('split', ['a', 'b'], { join: 'end' }).addEdge('end', 'a'),
      /'a' of node 'split' is also reached/,
    ],
    ['branches that lead nowhere', () => draft().addBranches('split', ['a', 'b']), /node 'split' is a dead end/],
  ] as const)('%s', ([, build, problem]) => {
    const compile = () => build().setEntryPoint('split').setExitPoint('end').compile();
    expect(compile).toThrow(GraphError);
    expect(compile).toThrow(problem);
  });

  test.for([
    [() => draft().addBranches('split', []), /branches of node 'split'/],
    [() => draft().addBranches('split', ['a', 'a']), /branches of node 'split'/],
    [() => draft().addBranches('split', ['a'], { reducers: { notes: 1 } } as never), /reducer of 'notes'/],
    [() => draft().addBranches('split', ['a'], { joins: 'end' } as never), /did you mean 'join'/],
    [() => draft().addMap('each', { items: [] } as never), /items of node 'each'/],
    [() => draft().addMap('each', { items: () => [], run: () => ({}), concurrency: 0 }), /concurrency/],
  ] as const)('wrong options: %#', ([build, problem]) => {
    expect(build).toThrow(InvalidOptionError);
    expect(build).toThrow(problem);
  });
});

test('the chart shows the branches between the node and the join, and marks them where a run passed', async () => {
  const graph = study();
  expect(graph.toMermaid({ path: ['load', 'split', 'report'] })).toBe(`flowchart TD
  start(( )) --> n0
  n0["load"]
  n1["facts"]
  n2["mood"]
  n3(["report"])
  n4["split"]
  n4 --> n1
  n4 --> n2
  n0 --> n4
  n1 --> n3
  n2 --> n3
  classDef taken fill:#d3f9d8,stroke:#2b8a3e,stroke-width:2px
  class n0,n4,n3,n1,n2 taken
  linkStyle 0,1,2,3,4,5 stroke:#2b8a3e,stroke-width:3px
`);
});

test('events tell of each branch, and which node it belongs to', async () => {
  const observer = createRecordingObserver();
  await study({}, { observer }).run(begin());
  const told = observer.events.filter(({ type }) => type.startsWith('branch.')).map(({ type, data }) => [type, data]);
  const about = (branch: string, index: number) => ({ node: 'split', iteration: 2, branch, index });
  expect(told).toEqual([
    ['branch.start', about('facts', 0)],
    ['branch.start', about('mood', 1)],
    ['branch.complete', { ...about('facts', 0), error: false }],
    ['branch.complete', { ...about('mood', 1), error: false }],
  ]);
});
