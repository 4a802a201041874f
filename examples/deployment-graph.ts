/**
 * A deployment as a state graph: plan, build, test; a failing test is mended at most three times; then the release is
 * deployed, or rolled back. The first release comes through at the second attempt, the other one never does.
 *
 *   npx tsx examples/deployment-graph.ts
 */
import {
  type Graph,
  keyEquals,
  type NodeFunction,
  type Predicate,
  parallelNode,
  StateGraph,
} from 'chorale/orchestration';

interface Deployment {
  readonly version: string;
  /** What is still wrong with the code; a fix removes one. */
  readonly bugs: readonly string[];
  readonly steps?: readonly string[];
  readonly artifact?: string;
  readonly failures?: readonly string[];
  readonly fixes: number;
  readonly live?: string;
}

const mostFixes = 3;

const plan: NodeFunction<Deployment> = (state) => {
  console.log(`plan       ${state.get('version')}: compile, bundle`);
  return state.set('steps', ['compile', 'bundle']);
};

const build: NodeFunction<Deployment> = async (state, { iteration }) => {
  const artifact = `${state.get('version')}+${iteration}`;
  console.log(`build      ${artifact} by ${state.get('steps')?.join(', ')}`);
  return state.set('artifact', artifact);
};

interface Suite {
  readonly name: string;
  readonly broken: boolean;
}

/** Runs the suites side by side. All of them run, and the aggregator sees which failed. */
const test = parallelNode<Deployment, Suite, string>({
  items: (state) => ['unit', 'contract', 'browser'].map((name) => ({ name, broken: state.get('bugs').includes(name) })),
  processor: async ({ name, broken }) => {
    if (broken) throw new Error(`${name}: expected 3, but got 4`);
    return name;
  },
  aggregate: ({ errors }, state) => {
    const failures = errors.map(({ item }) => item.name);
    console.log(`test       ${failures.length === 0 ? 'all suites pass' : `failing: ${failures.join(', ')}`}`);
    return state.set('failures', failures);
  },
  failFast: false,
});

const fix: NodeFunction<Deployment> = async (state) => {
  const fixes = state.get('fixes') + 1;
  const [mended, ...left] = state.get('bugs');
  console.log(`fix        number ${fixes}: ${mended}`);
  // The last bug is one that nobody finds.
  return state.merge({ fixes, bugs: mended === 'browser' ? ['browser'] : left });
};

const deploy: NodeFunction<Deployment> = async (state) => {
  console.log(`deploy     ${state.get('artifact')}`);
  return state.set('live', state.get('artifact'));
};

const rollBack: NodeFunction<Deployment> = async (state) => {
  console.log(`roll back  to 1.4.2 after ${state.get('fixes')} fixes`);
  return state.merge({ live: '1.4.2' });
};

const passes: Predicate<Deployment> = keyEquals('failures', []);
const mayBeFixed: Predicate<Deployment> = (state) => state.get('fixes') < mostFixes;

const graph: Graph<Deployment> = new StateGraph<Deployment>({ name: 'deployment' })
  .addNode('plan', plan)
  .addNode('build', build)
  .addNode('test', test)
  .addNode('fix', fix)
  .addNode('deploy', deploy)
  .addNode('roll back', rollBack)
  .addEdge('plan', 'build')
  .addEdge('build', 'test')
  .addEdge('test', 'deploy', passes, 'all pass')
  .addEdge('test', 'fix', mayBeFixed, `fewer than ${mostFixes} fixes`)
  .addEdge('test', 'roll back', undefined, 'otherwise')
  .addEdge('fix', 'build')
  .setEntryPoint('plan')
  .setExitPoint('deploy')
  .setExitPoint('roll back')
  .compile();

for (const [version, bugs] of [
  ['1.5.0', ['contract']],
  ['1.6.0', ['unit', 'browser']],
] as const) {
  const { state, path, exitPoint } = await graph.run({ version, bugs, fixes: 0 });
  console.log(`${version}: ${exitPoint} after ${path.length} nodes, live is ${state.get('live')}\n`);
  if (exitPoint === 'roll back') console.log(graph.toMermaid({ path }));
}
