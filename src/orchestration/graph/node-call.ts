import type { Observer } from '../../foundation/events/event.js';
import type { Runtime } from '../../foundation/runtime.js';
import { type NodeContext, nodeProgress } from './graph-shape.js';
import { NodeProgress, type PauseFunction, type RecordKeeper } from './node-progress.js';

/** The context of one run of a node. What only some nodes need is made when it is asked for. */
export class NodeCall implements NodeContext {
  /** Undefined for a node that has not asked for it. */
  progress: NodeProgress | undefined;

  constructor(
    readonly signal: AbortSignal,
    readonly iteration: number,
    readonly observer: Observer,
    readonly runtime: Runtime,
    private readonly node: string,
    private readonly keeper: RecordKeeper,
    private readonly records: ReadonlyMap<string, string> | undefined,
  ) {}

  get pause(): PauseFunction {
    return this[nodeProgress].pause;
  }

  get [nodeProgress](): NodeProgress {
    this.progress ??= new NodeProgress(this.node, this.keeper, this.records);
    return this.progress;
  }
}
