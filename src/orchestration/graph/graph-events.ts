import type { Failure } from '../../foundation/events/event.js';

/** Events of a state graph and its state. Only `node.state` contains values; none contains secrets. */
export interface GraphEvents {
  'state.create': Readonly<Record<string, never>>;
  'state.clone': { readonly keys: readonly string[] };
  'state.set': { readonly key: string };
  'state.merge': { readonly keys: readonly string[] };
  'graph.start': { readonly entry_point: string; readonly run_id: string; readonly exit_points: number };
  'node.start': { readonly node: string; readonly iteration: number };
  /** An attempt failed, and another follows; `attempt` is the 1-based one that failed. */
  'node.retry': {
    readonly node: string;
    readonly iteration: number;
    readonly attempt: number;
    readonly duration_ms: number;
  } & Failure;
  /** `paused` is there if the node waits for a person. */
  'node.complete': { readonly node: string; readonly iteration: number; readonly paused?: boolean } & Failure;
  /** Before its `node.complete`. */
  'node.pause': { readonly node: string; readonly iteration: number; readonly run_id: string; readonly reason: string };
  /** `index` is 0-based, among the branches or items of the node. */
  'branch.start': {
    readonly node: string;
    readonly iteration: number;
    readonly branch: string;
    readonly index: number;
  };
  /** `paused` is there if the branch waits for a person. */
  'branch.complete': {
    readonly node: string;
    readonly iteration: number;
    readonly branch: string;
    readonly index: number;
    readonly paused?: boolean;
  } & Failure;
  'node.state': {
    readonly node: string;
    readonly iteration: number;
    readonly input_snapshot: Readonly<Record<string, unknown>>;
    readonly output_snapshot: Readonly<Record<string, unknown>>;
  };
  'edge.evaluate': {
    readonly from: string;
    readonly to: string;
    readonly edge_index: number;
    readonly has_predicate: boolean;
  };
  'edge.transition': {
    readonly from: string;
    readonly to: string;
    readonly edge_index: number;
    readonly predicate_name: string | null;
    readonly predicate_result: boolean;
  };
  'cycle.detected': {
    readonly node: string;
    readonly visit_count: number;
    readonly iteration: number;
    readonly path_length: number;
  };
  /** `node` is null if no node is done yet. */
  'checkpoint.save': { readonly node: string | null; readonly run_id: string };
  'checkpoint.load': { readonly node: string | null; readonly run_id: string };
  /** `resume_node` is null if no node follows: the run had reached an exit point, or no edge is true. */
  'checkpoint.resume': {
    readonly checkpoint_node: string | null;
    readonly resume_node: string | null;
    readonly run_id: string;
  };
  /** `paused` is there if a node waits for a person. */
  'graph.complete': {
    readonly exit_point: string | null;
    readonly iterations: number;
    readonly path_length: number;
    readonly paused?: boolean;
  } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends GraphEvents {}
}
