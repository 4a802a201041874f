import type { EventData, EventType, Failure } from '../../../src/foundation/events/event.js';

/** How a run may end. */
export const endings = ['success', 'failure', 'cancellation'] as const;
export type Ending = (typeof endings)[number];

/** Names of what the small runs make: the sources of its events. */
export const names = {
  graph: 'the graph',
  workflow: 'the-workflow',
  conductor: 'the conductor',
  hub: 'the hub',
  agent: 'llama-agent',
} as const;

/** What is behind a key. With a question mark the key may be absent. */
type Kind<V> = [V] extends [boolean]
  ? 'flag'
  : [V] extends [number]
    ? 'number'
    : [V] extends [number | null]
      ? 'number or null'
      : [V] extends [string]
        ? 'text'
        : [V] extends [string | null]
          ? 'text or null'
          : [V] extends [readonly string[]]
            ? 'texts'
            : 'value';

/** The keys of an event. Where `error` is one, `error_type` and `message` go without saying: they come when it is true. */
type Keys<D> = {
  readonly [K in D extends Failure ? Exclude<keyof D, 'error_type' | 'message'> : keyof D]-?: Record<
    never,
    never
  > extends Pick<D, K>
    ? `${Kind<Required<D>[K]>}?`
    : Kind<D[K]>;
};

/** One row of the table. */
export interface Row<T extends EventType> {
  readonly source: string | readonly string[];
  readonly data: Keys<EventData[T]>;
  /** The event that it ends: each of those has exactly one of these after it, with the same values behind `by`. */
  readonly ends?: EventType | readonly EventType[];
  readonly by?: readonly (keyof EventData[T])[];
  /** The endings in which it may be found. @default all */
  readonly in?: readonly Ending[];
}

const { graph, workflow, conductor, hub, agent } = names;
const chain = 'processChain';
const parallel = ['processParallel', 'streamParallel'];
const route = 'processConditional';
const failureOnly = ['failure'] as const;
const unlessReturned = ['failure', 'cancellation'] as const;

const attemptKeys = {
  run_id: 'text',
  step: 'text',
  attempt: 'number',
  status: 'text',
  duration_ms: 'number',
  error: 'flag',
} as const;

/** Every event that there is: who tells it, exactly which keys it has, and what it ends. */
export const eventTable: { readonly [T in EventType]: Row<T> } = {
  'state.create': { source: 'state', data: {} },
  'state.clone': { source: 'state', data: { keys: 'texts' } },
  'state.set': { source: 'state', data: { key: 'text' } },
  'state.merge': { source: 'state', data: { keys: 'texts' } },

  'graph.start': { source: graph, data: { entry_point: 'text', run_id: 'text', exit_points: 'number' } },
  'node.start': { source: graph, data: { node: 'text', iteration: 'number' } },
  'node.retry': {
    source: graph,
    data: { node: 'text', iteration: 'number', attempt: 'number', duration_ms: 'number', error: 'flag' },
  },
  'node.complete': {
    source: graph,
    data: { node: 'text', iteration: 'number', paused: 'flag?', error: 'flag' },
    ends: 'node.start',
    by: ['node', 'iteration'],
  },
  'node.pause': {
    source: graph,
    data: { node: 'text', iteration: 'number', run_id: 'text', reason: 'text' },
    in: ['success'],
  },
  'branch.start': {
    source: graph,
    data: { node: 'text', iteration: 'number', branch: 'text', index: 'number' },
  },
  'branch.complete': {
    source: graph,
    data: { node: 'text', iteration: 'number', branch: 'text', index: 'number', paused: 'flag?', error: 'flag' },
    ends: 'branch.start',
    by: ['node', 'iteration', 'branch'],
  },
  'node.state': {
    source: graph,
    data: { node: 'text', iteration: 'number', input_snapshot: 'value', output_snapshot: 'value' },
  },
  'edge.evaluate': {
    source: graph,
    data: { from: 'text', to: 'text', edge_index: 'number', has_predicate: 'flag' },
  },
  'edge.transition': {
    source: graph,
    data: { from: 'text', to: 'text', edge_index: 'number', predicate_name: 'text or null', predicate_result: 'flag' },
  },
  'cycle.detected': {
    source: graph,
    data: { node: 'text', visit_count: 'number', iteration: 'number', path_length: 'number' },
  },
  'checkpoint.save': { source: graph, data: { node: 'text or null', run_id: 'text' } },
  'checkpoint.load': { source: graph, data: { node: 'text or null', run_id: 'text' } },
  'checkpoint.resume': {
    source: graph,
    data: { checkpoint_node: 'text or null', resume_node: 'text or null', run_id: 'text' },
  },
  'graph.complete': {
    source: graph,
    data: {
      exit_point: 'text or null',
      iterations: 'number',
      path_length: 'number',
      paused: 'flag?',
      error: 'flag',
    },
    ends: 'graph.start',
  },

  'chain.start': {
    source: chain,
    data: { item_count: 'number or null', has_progress_callback: 'flag', capture_intermediate: 'flag' },
  },
  'step.start': { source: chain, data: { step_index: 'number', total_steps: 'number or null' } },
  'step.complete': {
    source: chain,
    data: { step_index: 'number', total_steps: 'number or null', error: 'flag' },
    ends: 'step.start',
    by: ['step_index'],
  },
  'chain.complete': { source: chain, data: { steps_completed: 'number', error: 'flag' }, ends: 'chain.start' },

  'parallel.start': {
    source: parallel,
    data: { item_count: 'number or null', worker_count: 'number', fail_fast: 'flag', has_progress_callback: 'flag' },
  },
  'worker.start': {
    source: parallel,
    data: { worker_id: 'number', item_index: 'number', total_items: 'number or null' },
  },
  'worker.retry': {
    source: parallel,
    data: {
      worker_id: 'number',
      item_index: 'number',
      total_items: 'number or null',
      attempt: 'number',
      duration_ms: 'number',
      error: 'flag',
    },
    in: ['success', 'failure'],
  },
  'worker.complete': {
    source: parallel,
    data: { worker_id: 'number', item_index: 'number', total_items: 'number or null', error: 'flag' },
    ends: 'worker.start',
    by: ['worker_id', 'item_index'],
  },
  'parallel.complete': {
    source: parallel,
    data: {
      items_processed: 'number',
      items_failed: 'number',
      items_cancelled: 'number',
      items_not_started: 'number or null',
      error: 'flag',
    },
    ends: 'parallel.start',
  },

  'route.evaluate': { source: route, data: { route_count: 'number' } },
  'route.select': { source: route, data: { route: 'text or null', has_default: 'flag' } },
  'route.execute': { source: route, data: { route: 'text or null', error: 'flag' }, ends: 'route.evaluate' },

  'workflow.start': { source: workflow, data: { run_id: 'text' } },
  'workflow.step.start': { source: workflow, data: { run_id: 'text', step: 'text', attempt: 'number' } },
  'workflow.step.retry': { source: workflow, data: attemptKeys },
  'workflow.step.complete': {
    source: workflow,
    data: attemptKeys,
    ends: 'workflow.step.start',
    by: ['run_id', 'step'],
  },
  'workflow.item.start': { source: workflow, data: { run_id: 'text', step: 'text', item: 'number' } },
  'workflow.item.retry': { source: workflow, data: { ...attemptKeys, item: 'number' } },
  'workflow.item.complete': {
    source: workflow,
    data: { ...attemptKeys, item: 'number' },
    ends: 'workflow.item.start',
    by: ['run_id', 'step', 'item'],
  },
  'workflow.pause': {
    source: workflow,
    data: { run_id: 'text', step: 'text', item: 'number or null', number: 'number', reason: 'text' },
  },
  'workflow.complete': {
    source: workflow,
    data: { run_id: 'text', status: 'text', duration_ms: 'number', error: 'flag' },
    ends: 'workflow.start',
    by: ['run_id'],
  },

  'conductor.start': {
    source: conductor,
    data: { process_count: 'number', signals: 'texts', stop_timeout_ms: 'number or null' },
  },
  'conductor.process.start': { source: conductor, data: { process: 'text' } },
  'conductor.process.complete': {
    source: conductor,
    data: { process: 'text', error: 'flag' },
    ends: 'conductor.process.start',
    by: ['process'],
  },
  'conductor.stop_signal': {
    source: conductor,
    data: { signal: 'text or null', process: 'text or null', forced: 'flag' },
    in: unlessReturned,
  },
  'conductor.stopping': { source: conductor, data: { process: 'text' }, in: unlessReturned },
  'conductor.stopped': {
    source: conductor,
    data: { process: 'text', error: 'flag' },
    ends: 'conductor.stopping',
    by: ['process'],
    in: unlessReturned,
  },
  'conductor.complete': {
    source: conductor,
    data: { outcome: 'text', unfinished: 'texts', error: 'flag' },
    ends: 'conductor.start',
  },

  'hub.open': { source: hub, data: { buffer_size: 'number', request_timeout_ms: 'number' } },
  'hub.error': {
    source: hub,
    data: { agent: 'text', from: 'text', message_id: 'text', reason: 'text', error: 'flag' },
    in: failureOnly,
  },
  'hub.closing': { source: hub, data: { agents: 'number', queued: 'number', in_flight: 'number' } },
  'hub.closed': {
    source: hub,
    data: { delivered: 'number', failed: 'number', discarded: 'number', error: 'flag' },
    ends: ['hub.open', 'hub.closing'],
  },

  'run.start': {
    source: 'analyze',
    data: {
      run_id: 'text',
      provider: 'text',
      model: 'text',
      prompt: 'text',
      items: 'number or null',
      workers: 'number',
    },
  },
  'run.resume': {
    source: 'analyze',
    data: { run_id: 'text', answered: 'number', failed: 'number', skipped: 'number' },
  },
  'run.complete': {
    source: 'analyze',
    data: {
      run_id: 'text',
      succeeded: 'number',
      failed: 'number',
      skipped: 'number',
      cancelled: 'number',
      not_started: 'number or null',
      duration_ms: 'number',
      error: 'flag',
    },
    ends: 'run.start',
    by: ['run_id'],
  },
  'host.down': { source: 'pool', data: { server: 'text', reason: 'text', code: 'text' } },
  'host.silent': {
    source: 'pool',
    data: { server: 'text', requests: 'number', silent_ms: 'number', answers: 'value' },
  },
  'host.up': { source: 'pool', data: { server: 'text', down_ms: 'number' } },
  'limit.change': { source: 'pool', data: { server: 'text', from: 'number', to: 'number', reason: 'text' } },
  'model.request': {
    source: agent,
    data: {
      item: 'text',
      worker_id: 'number?',
      attempt: 'number',
      long: 'text?',
      part: 'number?',
      parts: 'number?',
      kept: 'number?',
      messages: 'value?',
    },
  },
  'model.response': {
    source: agent,
    data: {
      item: 'text',
      worker_id: 'number?',
      attempt: 'number',
      duration_ms: 'number',
      prompt_tokens: 'number or null?',
      completion_tokens: 'number or null?',
      queue_ms: 'number or null?',
      first_token_ms: 'number or null?',
      finish_reason: 'text or null?',
      server: 'text?',
      text: 'text?',
      error: 'flag',
    },
    ends: 'model.request',
    by: ['item', 'attempt'],
  },
  'model.retry': {
    source: agent,
    data: {
      item: 'text',
      worker_id: 'number?',
      attempt: 'number',
      delay_ms: 'number',
      server_asked: 'flag',
      error_type: 'text',
      message: 'text',
    },
  },
  'model.fallback': { source: agent, data: { from: 'text', to: 'text', message: 'text' }, in: ['success'] },
};
