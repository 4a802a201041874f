import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createAgent, loadPrompt, ollama, type ReviewResult, streamReviews } from 'chorale';
import { defineStep, defineWorkflow, keyEquals, not, StateGraph } from 'chorale/orchestration';
import { fingerprintOf, openRunStore, type Store } from 'chorale/store';

/** What the last part of a program meets: whoever it depends on answers, refuses, or takes the process with it. */
export type World = () => 'well' | 'down' | 'fatal';

function meet(world: World): void {
  if (world() === 'fatal') process.kill(process.pid, 'SIGKILL');
  if (world() === 'down') throw new Error('the bank is closed');
}

export interface Order {
  readonly items: readonly string[];
  readonly round: number;
  readonly draft?: string;
  readonly paid?: string;
}

/** The graph whose checkpoints are in `test/fixtures/version-0.1/library.db`. @param ran told of each node that runs */
export function orderGraph(store: Store, world: World, ran: (node: string) => void = () => {}) {
  return new StateGraph<Order>({ name: 'order', version: '2', checkpoints: { store, preserve: true } })
    .addNode('pick', (state) => {
      ran('pick');
      const round = state.get('round') + 1;
      return state
        .set('items', [...state.get('items'), `item ${round}`])
        .set('round', round)
        .set('draft', 'open');
    })
    .addNode('check', (state) => {
      ran('check');
      return state.get('round') === 2 ? state.delete('draft') : state;
    })
    .addNode('pay', async (state) => {
      ran('pay');
      meet(world);
      return state.set('paid', `${state.get('items').length} with …${String(state.secret('card')).slice(-2)}`);
    })
    .addEdge('pick', 'check')
    .addEdge('check', 'pick', not(keyEquals('round', 2)), 'once more')
    .addEdge('check', 'pay')
    .setEntryPoint('pick')
    .setExitPoint('pay')
    .compile();
}

/** The workflow whose runs are in `test/fixtures/version-0.1/library.db`. @param ran told of each step that runs */
export function reportWorkflow(world: World, ran: (step: string) => void = () => {}) {
  const load = defineStep({
    id: 'load',
    run: ({ state }, { text }: { text: string }) => {
      ran('load');
      state.set('source', { text, at: ['here'] });
      return text.split(' ');
    },
  });
  const count = defineStep({
    id: 'count',
    run: (_, words: string[]) => {
      ran('count');
      return words.length;
    },
  });
  const mood = defineStep({
    id: 'mood',
    retries: 0,
    continueOnError: true,
    run: (_, _words: string[]): string => {
      ran('mood');
      throw new Error('nobody knows');
    },
  });
  const join = defineStep({
    id: 'join',
    run: (_, { count, mood }: { count: number; mood: string | undefined }) => {
      ran('join');
      return { count, mood: mood ?? '?' };
    },
  });
  const warn = defineStep({ id: 'warn', run: (_, report: { count: number; mood: string }) => report });
  const send = defineStep({
    id: 'send',
    retries: 0,
    run: ({ state, outputs }, report: { count: number; mood: string }) => {
      ran('send');
      meet(world);
      return { ...report, words: outputs.get(load), source: state.get('source') };
    },
  });
  return defineWorkflow('report', 'Report of a text')
    .thenStep(load)
    .parallel(count, mood)
    .thenStep(join)
    .thenStepIf((_, { count }) => count > 9, warn)
    .thenStep(send)
    .build();
}

/** The reviews of the run that a program recorded in `test/fixtures/version-0.1/runs.db`. */
const nightly = [
  'I love the bread.',
  'I hate the crust.',
  'It is a loaf.',
  'The best cake.',
  'The oven broke.',
  'A plate.',
];

/**
 * Records that run, or goes on with it, in the store of a folder.
 * @param stopAfter so many results are waited for
 */
export async function runNightly(folder: string, host: string, stopAfter = nightly.length) {
  const prompt = await loadPrompt(join(folder, 'reasons.prompt'));
  const model = ollama({ model: 'large', host });
  const agent = await createAgent({ model, prompt });
  const store = await openRunStore({ path: join(folder, 'runs.db') });
  try {
    const begun = await store.begin({
      runId: randomUUID(),
      command: 'nightly',
      fingerprint: fingerprintOf(agent, await agent.prepare()),
      configuration: { by: 'a program', hour: 3 },
      input: { names: ['the bakery'], digest: 'version 7 of the bakery', scan: null, choice: '{"all":true}' },
    });
    const reviews = nightly.map((text, index) => ({ index, id: `n${index}`, text }));
    const stream = streamReviews(reviews, { agent, workers: 1, run: { store, begun } });
    const results: ReviewResult[] = [];
    for await (const { result } of stream.outcomes) {
      results.push(result);
      if (results.length === stopAfter) break;
    }
    await store.end(results.length === nightly.length ? 'done' : 'interrupted', { ...stream.summary() });
    return { begun, results };
  } finally {
    await store.close();
    await model.close();
  }
}
