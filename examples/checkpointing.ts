/**
 * A run that fails at its third stage and is resumed: the stages before are not run again. Then one looks back at what
 * the state was, and forks the run to try another way from the second stage on. The checkpoints are in a libSQL file.
 *
 *   npx tsx examples/checkpointing.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecutionError, SecretsMissingError, State, StateGraph } from 'chorale/orchestration';
import { libsqlStore } from 'chorale/store';

interface Report {
  readonly source: string;
  readonly rows?: number;
  readonly clean?: number;
  readonly total?: string;
  readonly sent?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'chorale-checkpointing-'));
const store = libsqlStore({ path: join(folder, 'runs.db') });
let serverIsUp = false;

const graph = new StateGraph<Report>({ name: 'report', checkpoints: { store, preserve: true } })
  .addNode('load', (state) => {
    console.log(`load   ${state.get('source')}`);
    return state.set('rows', 120);
  })
  .addNode('clean', (state) => {
    console.log(`clean  ${state.get('rows')} rows`);
    return state.set('clean', (state.get('rows') ?? 0) - 20);
  })
  .addNode('sum up', async (state) => {
    console.log(`sum up ${state.get('clean')} rows`);
    if (!serverIsUp) throw new Error(`the price server refused ${state.secret('password')}`);
    return state.set('total', `${(state.get('clean') ?? 0) * 5} €`);
  })
  .addNode('send', (state) => {
    console.log(`send   ${state.get('total')}`);
    return state.set('sent', 'to the accountant');
  })
  .addEdge('load', 'clean')
  .addEdge('clean', 'sum up')
  .addEdge('sum up', 'send')
  .setEntryPoint('load')
  .setExitPoint('send')
  .compile();

try {
  const initial = State.create<Report>({ source: 'orders.csv' }, { runId: 'march', secrets: { password: 'tulip' } });
  try {
    await graph.run(initial);
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    console.log(error.message);
  }

  console.log('\nThe server is up again, and the run is resumed, at first without its secret:');
  serverIsUp = true;
  try {
    await graph.resume('march');
  } catch (error) {
    if (!(error instanceof SecretsMissingError)) throw error;
    console.log(error.message);
  }
  const { state, path } = await graph.resume('march', { secrets: { password: 'tulip' } });
  console.log(`${path.join(' -> ')}: ${state.get('total')} ${state.get('sent')}`);

  console.log('\nIts history:');
  for (const { iteration, node } of await graph.history('march')) {
    const { data } = await graph.stateAt('march', iteration);
    console.log(`${iteration}  ${(node ?? '(begin)').padEnd(7)} ${JSON.stringify(data)}`);
  }

  console.log('\nWhat if fewer rows had been lost? A fork goes on from the second stage:');
  const fork = await graph.fork('march', { runId: 'what-if', from: 2, update: (then) => then.set('clean', 115) });
  const other = await graph.resume(fork, { secrets: { password: 'tulip' } });
  console.log(`${other.state.get('total')} instead of ${state.get('total')}`);
} finally {
  store.close();
  rmSync(folder, { recursive: true });
}
