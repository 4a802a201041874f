import { State, StateGraph } from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { testMessages, wrong } from '../messages.js';

const stay = (state: State) => state;
const draft = () => new StateGraph({ name: 'deploy', onWarning() {} }).addNode('build', stay).addNode('test', stay);
const line = (store = memoryStore()) =>
  new StateGraph({ name: 'deploy', checkpoints: { store, preserve: true } })
    .addNode('build', stay)
    .addNode('test', stay)
    .addEdge('build', 'test')
    .setEntryPoint('build')
    .setExitPoint('test')
    .compile();
async function saved() {
  const store = memoryStore();
  const graph = line(store);
  await graph.run(State.create({}, { runId: 'r1' }));
  return { store, graph };
}

testMessages([
  ['options', () => new StateGraph(wrong(undefined)), 'option options must be an object, but is undefined'],
  ['name', () => new StateGraph({ name: '' }), "option name must be a text that is not empty, but is '' (string)"],
  [
    'version',
    () => new StateGraph({ name: 'g', version: wrong(2) }),
    'option version must be a text, but is 2 (number)',
  ],
  [
    'maxIterations',
    () => new StateGraph({ name: 'g', maxIterations: Number.POSITIVE_INFINITY }),
    'option maxIterations must be a whole number of at least 1, but is Infinity (number)',
  ],
  [
    'a store that is none',
    () => new StateGraph({ name: 'g', checkpoints: { store: wrong({}) } }),
    'option checkpoints.store must be a store, as memoryStore() or libsqlStore(), but is an object',
  ],
  [
    'the interval of checkpoints',
    () => new StateGraph({ name: 'g', checkpoints: { store: memoryStore(), interval: -1 } }),
    'option checkpoints.interval must be a whole number of at least 0, but is -1 (number)',
  ],
  [
    'the lease of checkpoints',
    () => new StateGraph({ name: 'g', checkpoints: { store: memoryStore(), leaseMs: 2 } }),
    'option checkpoints.leaseMs must be a whole number of at least 3, but is 2 (number)',
  ],
  ['a node without a name', () => draft().addNode(wrong(undefined), stay), "graph 'deploy': a node must have a name"],
  [
    'a node without a function',
    () => draft().addNode('ship', wrong('x')),
    "option node 'ship' must be a function, but is 'x' (string)",
  ],
  ['a second node of a name', () => draft().addNode('test', stay), "graph 'deploy': node 'test' exists already"],
  [
    'an edge from nowhere',
    () => draft().addEdge(wrong(undefined), 'test'),
    "option from of an edge of graph 'deploy' must be a text that is not empty, but is undefined",
  ],
  [
    'an edge to nowhere',
    () => draft().addEdge('build', wrong(null)),
    "option to of an edge of graph 'deploy' must be a text that is not empty, but is null",
  ],
  [
    'an edge with a wrong predicate',
    () => draft().addEdge('build', 'test', wrong('always')),
    "option predicate of edge 'build' -> 'test' must be a function, but is 'always' (string)",
  ],
  [
    'an edge with a wrong name',
    () => draft().addEdge('build', 'test', undefined, wrong(1)),
    "option name of edge 'build' -> 'test' must be a text that is not empty, but is 1 (number)",
  ],
  [
    'edges and points of unknown nodes, all at once',
    () => draft().addEdge('build', 'tset').addEdge('bild', 'test').setEntryPoint('buid').setExitPoint('end').compile(),
    [
      "graph 'deploy': entry point 'buid' is not a node, did you mean 'build'? (known: build, test)",
      "exit point 'end' is not a node (known: build, test)",
      "edge 'build' -> 'tset': its end 'tset' is not a node, did you mean 'test'? (known: build, test)",
      "edge 'bild' -> 'test': its start 'bild' is not a node, did you mean 'build'? (known: build, test)",
    ].join('; '),
  ],
  [
    'no points',
    () => draft().compile(),
    "graph 'deploy': it has no entry point (setEntryPoint); it has no exit point (setExitPoint)",
  ],
  [
    'a second entry point',
    () => draft().setEntryPoint('build').setEntryPoint('test'),
    "graph 'deploy': the entry point is already 'build', so it cannot be 'test'",
  ],
  [
    'an entry point that is no name',
    () => draft().setEntryPoint(wrong(1)),
    "option entry point of graph 'deploy' must be a text that is not empty, but is 1 (number)",
  ],
  [
    'an exit point that is no name',
    () => draft().setExitPoint(wrong('')),
    "option exit point of graph 'deploy' must be a text that is not empty, but is '' (string)",
  ],
  [
    'a dead end and what cannot be reached',
    () => draft().addNode('ship', stay).addEdge('build', 'test').setEntryPoint('build').setExitPoint('ship').compile(),
    [
      "graph 'deploy': node 'build' is a dead end: no path leads from it to an exit point",
      "node 'test' is a dead end: it has no edge, and is not an exit point",
      "node 'ship' cannot be reached from the entry point 'build'",
    ].join('; '),
  ],
  ['data of a run', () => line().run(wrong(undefined)), 'option data must be a record, but is undefined'],
  ['options of a run', () => line().run({}, wrong(null)), 'option options must be an object, but is null'],
  [
    'secrets of a run',
    () => line().run({}, { secrets: wrong('s') }),
    "option secrets must be an object, but is 's' (string)",
  ],
  [
    'maxIterations of a run',
    () => line().run({}, { maxIterations: 0 }),
    'option maxIterations must be a whole number of at least 1, but is 0 (number)',
  ],
  [
    'a run id that exists already',
    async () => (await saved()).graph.run(State.create({}, { runId: 'r1' })),
    'run r1: the store has this run id already; resume that run, or use another runId',
  ],
  [
    'an unknown run id',
    async () => (await saved()).graph.resume('r2'),
    "run r2: graph 'deploy' has no such run in its store; its latest runs: r1; completed runs are kept only with checkpoints.preserve",
  ],
  [
    'a run id that is no text',
    () => line().resume(wrong(undefined)),
    'option runId must be a text that is not empty, but is undefined',
  ],
  [
    'an unknown iteration',
    async () => (await saved()).graph.resume('r1', { from: 7 }),
    'run r1: no checkpoint of iteration 7; known: 0, 1, 2',
  ],
  [
    'an iteration that is none',
    () => line().resume('r1', { from: -1 }),
    'option from must be a whole number of at least 0, but is -1 (number)',
  ],
  [
    'takeOver',
    () => line().resume('r1', { takeOver: wrong('yes') }),
    "option takeOver must be true or false, but is 'yes' (string)",
  ],
  [
    'a run of another graph',
    async () => {
      const { store } = await saved();
      const other = new StateGraph({ name: 'other', checkpoints: { store } });
      return other.addNode('a', stay).setEntryPoint('a').setExitPoint('a').compile().resume('r1');
    },
    "run r1: this is a run of graph 'deploy', not of graph 'other'",
  ],
  [
    'a graph without checkpoints',
    () => draft().addEdge('build', 'test').setEntryPoint('build').setExitPoint('test').compile().resume('r1'),
    "option checkpoints must be given for graph 'deploy', but is undefined",
  ],
  [
    'the id of a fork that is taken',
    async () => (await saved()).graph.fork('r1', { runId: 'r1' }),
    'run r1: the store has this run id already; resume that run, or use another runId',
  ],
  [
    'update of a fork',
    () => line().fork('r1', { update: wrong(1) }),
    'option update must be a function, but is 1 (number)',
  ],
  [
    'the iteration of a state',
    () => line().stateAt('r1', 1.5),
    'option iteration must be a whole number of at least 0, but is 1.5 (number)',
  ],
]);
