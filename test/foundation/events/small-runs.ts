import { expect } from 'vitest';
import type { RecordedRun } from '../../../src/analysis/run-store.js';
import { streamReviews } from '../../../src/analysis/stream-reviews.js';
import { createAgent } from '../../../src/classify/agent.js';
import { loadPrompt } from '../../../src/classify/prompt/prompt-file.js';
import { messageOf } from '../../../src/foundation/errors/chorale-error.js';
import type { Observer } from '../../../src/foundation/events/event.js';
import { shareObserver } from '../../../src/foundation/events/observers.js';
import { ModelBusyError, ModelUnavailableError } from '../../../src/model/model-errors.js';
import { createPool } from '../../../src/model/pool/pool.js';
import {
  Conductor,
  createEngine,
  createHub,
  defineMapStep,
  defineStep,
  defineWorkflow,
  keyEquals,
  processChain,
  processConditional,
  processParallel,
  State,
  StateGraph,
  streamParallel,
  type TaskContext,
  WorkflowPausedError,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import type { LimitChange, Limiter } from '../../../src/orchestration/parallel/limiter.js';
import { TaskError } from '../../../src/orchestration/parallel/parallel-errors.js';
import { memoryRunStore } from '../../../src/store/runs/memory-run-store.js';
import { createManualClock, createScriptedModel } from '../../../src/testing/index.js';
import { type Ending, endings, names } from './event-table.js';

/** What a run is told: its observer, and how it is to end. */
interface Cue {
  readonly observer: Observer | string | undefined;
  readonly ending: Ending;
  /** Aborted in a run that is to be cancelled. */
  readonly signal: AbortSignal;
  readonly runtime: ReturnType<typeof createManualClock>;
  /** Called by each run at one place in its middle: does what makes it end as it is to. */
  turn(): void;
}

/** One small run of each construct; what it gives or throws is what it came to. */
const constructs: Readonly<Record<string, (cue: Cue) => Promise<unknown>>> = {
  async state({ observer, runtime, turn }) {
    const state = State.create<{ a: number; b?: unknown }>({ a: 1 }, { observer, runtime, freeze: true });
    const trap = {
      get key() {
        turn();
        return 1;
      },
    };
    return state.clone().set('a', 2).set('b', trap).merge({ a: 3 }).data.a;
  },

  /** A run and its resume, both of which come to the same end; where it is success, a person is asked, and answers. */
  async graph({ observer, runtime, signal, turn, ending }) {
    const graph = new StateGraph<{ count: number; note?: string }>({
      name: names.graph,
      snapshots: true,
      checkpoints: { store: memoryStore(), preserve: true },
      observer,
      runtime,
    })
      .addNode('add', (state, { iteration }) => {
        if (iteration === 3) turn();
        return state.clone().set('count', iteration).merge({ note: 'n' });
      })
      .addNode('done', (state, { pause }) => state.set('note', pause<string>('is it right?')))
      .addNode(
        'left',
        (state, { attempt }) => {
          if (attempt === 1) throw new Error('again');
          return state;
        },
        { retries: 1, backoff: 'none' },
      )
      .addNode('right', (state) => state)
      .addBranches('split', ['left', 'right'], { join: 'add' })
      .addEdge('add', 'done', keyEquals('count', 3))
      .addEdge('add', 'add')
      .setEntryPoint('split')
      .setExitPoint('done')
      .compile();
    const first = await endOf(graph.run(State.create({ count: 0 }, { runId: 'r', runtime }), { signal }));
    const second = await endOf(graph.resume('r', { signal, from: 1 }));
    return [first, second, ending === 'success' && (await endOf(graph.resume('r', { value: 'yes' })))];
  },

  async chain({ observer, signal, turn }) {
    const add = (item: number, sum: number, { index }: { readonly index: number }) => {
      if (index === 1) turn();
      return sum + item;
    };
    return (await processChain([1, 2, 3], 0, add, { observer, signal, onProgress: () => {} })).final;
  },

  async parallel({ observer, signal, turn }) {
    const again = new Error('again');
    const double = async (item: number, { attempt }: TaskContext) => {
      if (item === 1 && attempt === 1) throw again;
      if (item === 2) turn();
      return item * 2;
    };
    const attempts = { retries: 1, backoff: 'none', retryIf: (error: unknown) => error === again } as const;
    return (await processParallel([1, 2, 3], double, { observer, signal, maxWorkers: 2, ...attempts })).results;
  },

  async stream({ observer, signal, turn }) {
    const double = async (item: number) => {
      if (item === 2) turn();
      return item * 2;
    };
    const statuses: string[] = [];
    const options = { observer, signal, concurrency: 2, failFast: true };
    for await (const { status } of streamParallel(new Set([1, 2, 3]), double, options)) statuses.push(status);
    return statuses;
  },

  routing: ({ observer, signal, turn }) =>
    processConditional(1, () => 'only' as const, { handlers: { only: () => turn() }, observer, signal }),

  async workflow({ observer, runtime, signal, turn }) {
    const flaky = defineStep({
      id: 'flaky',
      retryDelayMs: 0,
      run: ({ attempt }, input: number) => {
        if (attempt === 1) throw new Error('not yet');
        return input;
      },
    });
    const skipped = defineStep({ id: 'skipped', run: (_, input: number) => input });
    const left = defineStep({ id: 'left', retries: 0, run: () => turn() });
    const right = defineStep({ id: 'right', run: (_, input: number) => input });
    const each = defineMapStep({
      id: 'each',
      retryDelayMs: 0,
      items: (input: number) => [input, input],
      run: ({ attempt }, item, index) => {
        if (attempt === 1 && index === 1) throw new Error('not yet');
        return item;
      },
    });
    const ask = defineStep({
      id: 'ask',
      run: ({ pause }, input: number) => (pause('go on?') ? input : 0),
    });
    const flow = defineWorkflow(names.workflow)
      .thenStep(flaky)
      .thenStepIf(() => false, skipped)
      .thenStep(ask)
      .thenStep(each)
      .thenStep(defineStep({ id: 'first', run: (_, [first]: number[]) => first ?? 0 }))
      .parallel(left, right)
      .build();
    const engine = createEngine({ store: memoryStore(), observer, runtime });
    const paused = await engine.run(flow, 1, { runId: 'r', signal }).catch((error) => error);
    if (!(paused instanceof WorkflowPausedError)) throw paused;
    return (await engine.resume(flow, 'r', { value: true, signal })).output;
  },

  async conductor({ observer, runtime, signal, turn }) {
    const quick = { name: 'quick', run() {}, stop() {} };
    const main = { name: 'main', run: async () => turn(), stop() {} };
    const conductor = new Conductor([quick, main], { name: names.conductor, observer, runtime, signal });
    return (await conductor.run().thenStop()).outcome;
  },

  async hub({ observer, runtime, signal, turn }) {
    const hub = createHub({ name: names.hub, observer, runtime });
    hub.register('desk', () => {
      turn();
      return 'yes';
    });
    const end = await endOf(hub.request({ from: 'me', to: 'desk', data: 1 }, { signal }).then(({ data }) => data));
    await hub.close();
    return end;
  },

  async pool({ observer, runtime, signal, turn }) {
    const late = { text: 'positive', latencyMs: 20_000 };
    const model = createScriptedModel([new ModelUnavailableError('http://a', 'refused'), late], { clock: runtime });
    const { limiter, allow } = steppedLimiter();
    const pool = createPool({ upstreams: [{ server: 'http://a', model, limiter }], observer, runtime });
    const options = { maxOutputTokens: 8, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] };
    const question = { input: { kind: 'completion', prompt: 'good' }, subject: 'good', labels: [], options } as const;
    try {
      await expect(pool.ask(question, { signal })).rejects.toThrow('refused');
      const answer = pool.ask(question, { signal });
      await runtime.advance(60_000);
      const { text } = await answer;
      allow(2);
      turn();
      return text;
    } finally {
      await pool.close();
    }
  },

  /** A run that goes on with what was recorded. */
  async reviews({ observer: given, runtime, signal, turn }) {
    const observer = shareObserver(given);
    const model = createScriptedModel((_, index) => {
      if (index === 0) return new ModelBusyError(503, 'loading', null);
      if (index === 2) turn();
      return 'positive';
    });
    const retry = { initialBackoffMs: 0 };
    const agent = await createAgent({
      model,
      prompt: await loadPrompt('sentiment'),
      name: names.agent,
      retry,
      observer,
    });
    const reviews = ['good', 'fine', 'nice'].map((text, index) => ({ index, id: `r${index}`, text }));
    const options = { agent, workers: 1, failFast: true, run: await resumedRun(), signal, observer, runtime };
    const labels: unknown[] = [];
    for await (const { result } of streamReviews(reviews, options).outcomes) labels.push(result.sentiment);
    return labels;
  },
};

async function resumedRun(): Promise<RecordedRun> {
  const store = memoryRunStore();
  const input = { names: ['in.csv'], digest: 'd', scan: null, choice: '' };
  const run = { runId: 'r', command: 'test', fingerprint: { hash: 'f', parts: {} }, configuration: {}, input };
  await store.begin(run);
  await store.end('interrupted', {});
  return { store, begun: await store.begin(run) };
}

/** A limiter whose limit is 1 until it is told otherwise. */
function steppedLimiter() {
  const listeners = new Set<(change: LimitChange) => void>();
  let limit = 1;
  let inFlight = 0;
  const limiter: Limiter = {
    get limit() {
      return limit;
    },
    get inFlight() {
      return inFlight;
    },
    start() {
      inFlight += 1;
    },
    finish() {
      inFlight -= 1;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const allow = (to: number) => {
    for (const listener of listeners) listener({ from: limit, to, reason: 'it is quick' });
    limit = to;
  };
  return { limiter, allow };
}

/** A run of a construct that is to end in one way. */
export interface SmallRun {
  readonly construct: string;
  readonly ending: Ending;
  /** Gives what the run came to, its failure included. */
  run(observer: Observer | string | undefined): Promise<unknown>;
}

export const smallRuns: readonly SmallRun[] = Object.entries(constructs).flatMap(([construct, play]) =>
  endings.map((ending) => ({ construct, ending, run: (observer) => endOf(play(createCue(ending, observer))) })),
);

function createCue(ending: Ending, observer: Observer | string | undefined): Cue {
  const stop = new AbortController();
  return {
    observer,
    ending,
    signal: stop.signal,
    runtime: createManualClock({ epochMs: 1_000 }),
    turn() {
      if (ending === 'failure') throw new RangeError('no luck');
      if (ending !== 'cancellation') return;
      stop.abort(new Error('enough'));
      throw stop.signal.reason;
    },
  };
}

async function endOf(run: Promise<unknown>): Promise<unknown> {
  try {
    return await run;
  } catch (error) {
    return `${error instanceof TaskError ? 'item' : 'run'}: ${messageOf(error)}`;
  }
}
