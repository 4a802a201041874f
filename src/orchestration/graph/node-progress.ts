import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Failure } from '../../foundation/events/event.js';
import type { Emit } from '../../foundation/events/observers.js';
import { encodeJson } from '../../foundation/lossless-json.js';
import { requireText } from '../require-option.js';
import type { NodeRecord, ParentRun } from './checkpoint-store.js';
import type { CheckpointSettings } from './graph-options.js';

/** What a node asks a person, and waits for. */
export interface GraphPause {
  readonly node: string;
  readonly reason: string;
  /** What the person needs to know; null if nothing was given. */
  readonly payload: unknown;
}

/** A pause of a run, with the answer once it was given. */
export interface RecordedPause extends GraphPause {
  /** Absent as long as the node waits. */
  readonly value?: unknown;
}

/** Gives a person's answer, or ends the node until there is one. */
export type PauseFunction = <A = unknown>(reason: string, payload?: unknown) => A;

/** A pause that has no answer yet. */
export interface OpenPause extends GraphPause {
  readonly key: string;
}

/** Ends the node that asks. A node should let it through; the run pauses also if it does not. */
class PausedSignal extends Error {
  override readonly name = 'PausedSignal';
}

/** Where a run is saved that a node starts. */
export interface RunHome {
  readonly checkpoints: CheckpointSettings;
  readonly parent: ParentRun;
}

/** Where the records of a node are kept. */
export interface RecordKeeper {
  /** Whether a resumed run finds them. */
  readonly lasting: boolean;
  /** Whether a text contains a secret of the run. */
  isSecret(text: string): boolean;
  readonly emit: Emit | undefined;
  /** Where the node may save a run that it starts; undefined where runs are not saved as they proceed. */
  home(): Promise<RunHome | undefined>;
  /** A failure as events show it. */
  failure(error: unknown, failed: boolean): Failure;
  keep(key: string, json: string): Promise<void>;
}

/** The parts of a node that are done already, for a node that is resumed in the middle. */
export class NodeProgress {
  /** The pause that the node asked for in this run, and that has no answer. */
  requested: OpenPause | undefined;
  private pauses = 0;

  constructor(
    readonly node: string,
    readonly keeper: RecordKeeper,
    /** By key, as JSON. */
    private readonly records: ReadonlyMap<string, string> | undefined,
    readonly scope: string = node,
  ) {}

  /** The node runs again: its pauses are counted anew. */
  beginAgain(): void {
    this.pauses = 0;
  }

  /** The progress of a part of the node that has a name. */
  within(part: string): NodeProgress {
    return new NodeProgress(this.node, this.keeper, this.records, `${this.scope}/${part}`);
  }

  /** What was kept under a key before the run was resumed. */
  find(key: string): unknown {
    const json = this.records?.get(`${this.scope}/${key}`);
    return json === undefined ? undefined : JSON.parse(json);
  }

  keep(key: string, json: string): Promise<void> {
    return this.keeper.keep(`${this.scope}/${key}`, json);
  }

  readonly pause: PauseFunction = <A>(reason: string, payload?: unknown) => {
    this.pauses += 1;
    return this.pauseAt(`pause ${this.pauses}`, reason, payload) as A;
  };

  /** @throws PausedSignal also where the node did not let it through */
  requireAnswered(): void {
    if (this.requested) throw new PausedSignal(`the run pauses: ${this.requested.reason}`);
  }

  /** The answer that was given at this place. @throws PausedSignal as long as there is none */
  pauseAt(place: string, reason: string, payload: unknown = null): unknown {
    requireText('reason', reason);
    const known = this.find(place) as RecordedPause | undefined;
    if (known && Object.hasOwn(known, 'value')) return known.value;
    if (!this.keeper.lasting) throw new InvalidOptionError('checkpoints', 'given for a graph that pauses', undefined);
    const json = encodeJson([reason, payload]);
    if (typeof json !== 'string') {
      throw new TypeError(`the payload of a pause is ${json.found}, which JSON cannot represent`);
    }
    if (this.keeper.isSecret(json)) throw new TypeError('a pause must not show a secret: the store keeps what it asks');
    this.requested ??= { node: this.node, key: `${this.scope}/${place}`, reason, payload };
    throw new PausedSignal(`the run pauses: ${reason}`);
  }
}

/** The pauses among some records. */
export function pausesOf(records: readonly NodeRecord[]): (RecordedPause & { readonly key: string })[] {
  return records
    .filter(({ key }) => /\/pause [^/]+$/.test(key))
    .map(({ key, json }) => ({ ...(JSON.parse(json) as RecordedPause), key }))
    .filter(({ reason }) => typeof reason === 'string');
}

/** As JSON. */
export function renderPause({ node, reason, payload, ...rest }: RecordedPause): string {
  return JSON.stringify({ node, reason, payload, ...('value' in rest && { value: rest.value }) });
}
