import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import { createId } from '../../foundation/ids.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { requireBoolean, requireObject, requireText } from '../require-option.js';
import { disown } from '../unhandled-rejections.js';
import { deepFreeze } from './frozen-values.js';
import { SecretsMissingError } from './graph-errors.js';
import { conceal, requireSecrets } from './secrets.js';
import { type Changes, Entries } from './state-entries.js';

/** The keys of a record that may be absent: those that may be deleted. */
type OptionalKey<T extends object> = {
  [K in keyof T & string]-?: Record<never, never> extends Pick<T, K> ? K : never;
}[keyof T & string];

/** Options of `State.create`. */
export interface StateOptions {
  /** @default a new UUID (version 7) */
  readonly runId?: string | undefined;
  /**
   * Values that only nodes may see: they are in no event, no JSON and no store, and the message of no error. Texts,
   * numbers, bytes, and objects that contain some. @default none
   */
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
  /** Freezes values in depth as they are set, so that a node that changes one in place fails. @default false */
  readonly freeze?: boolean | undefined;
  /** Receives the `state.*` events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock and RNG. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const stateOptions: OptionNames<StateOptions> = {
  runId: true,
  secrets: true,
  freeze: true,
  observer: true,
  runtime: true,
};

/** What all states of one lineage share beside their data. */
interface Surroundings {
  readonly secrets: ReadonlyMap<string, unknown>;
  readonly freeze: boolean;
  readonly emit: Emit | undefined;
}

type Identity = Pick<State, 'runId' | 'checkpointNode' | 'timestamp'>;

/**
 * The state of a graph: a record that never changes. Every change gives a new state, which shares the rest with the one
 * before. Secrets are kept beside the data; only `secret(name)` gives them.
 *
 * @example
 * const state = State.create<{ count: number; note?: string }>({ count: 1 });
 * console.log(state.set('count', 2).data, state.data); // { count: 2 } { count: 1 }
 */
export class State<T extends object = Record<string, unknown>> {
  readonly runId: string;
  /** The node after which this state was last saved; null before that. */
  readonly checkpointNode: string | null;
  /** When it was made, or last saved: milliseconds since the epoch. */
  readonly timestamp: number;
  readonly #entries: Entries;
  readonly #around: Surroundings;
  #data: Readonly<T> | undefined;

  private constructor(entries: Entries, around: Surroundings, identity: Identity) {
    this.#entries = entries;
    this.#around = around;
    this.runId = identity.runId;
    this.checkpointNode = identity.checkpointNode;
    this.timestamp = identity.timestamp;
  }

  /** @throws InvalidOptionError, UnknownObserverError */
  static create<T extends object = Record<string, unknown>>(data: T, options: StateOptions = {}): State<T> {
    requireKnown('State.create', options, stateOptions);
    const { runtime = nodeRuntime, freeze = false, secrets = {}, runId = createId(runtime) } = options;
    if (!isRecord(data)) throw new InvalidOptionError('data', 'a record', data);
    requireBoolean('freeze', freeze);
    requireText('runId', runId);
    requireSecrets(secrets);
    const emit = createEmit(options.observer, 'state', () => runtime.wallTime());
    const around = { secrets: new Map(Object.entries(secrets)), freeze, emit };
    const entries = Entries.empty.with(frozenIf(freeze, Object.entries(data)));
    emit?.('state.create', {});
    return new State<T>(entries, around, { runId, checkpointNode: null, timestamp: runtime.wallTime() });
  }

  /** All keys and values as a frozen plain object. */
  get data(): Readonly<T> {
    this.#data ??= Object.freeze(Object.fromEntries(this.keys().map((key) => [key, this.#entries.get(key)])) as T);
    return this.#data;
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get<K extends keyof T & string>(key: K): T[K] {
    return this.#entries.get(key) as T[K];
  }

  set<K extends keyof T & string>(key: K, value: T[K]): State<T> {
    const entries = this.#entries.with(frozenIf(this.#around.freeze, [[key, value]]));
    this.#around.emit?.('state.set', { key });
    return this.#with(entries);
  }

  /** Sets all keys of the other record or state, whose values and secrets win; the identity of this one stays. */
  merge(other: State<T> | Partial<T>): State<T> {
    requireObject('other', other);
    const theirs = other instanceof State ? other.data : other;
    const changed = frozenIf(this.#around.freeze, Object.entries(theirs));
    const entries = other instanceof State ? this.#entries.merged(other.#entries) : this.#entries.with(changed);
    this.#around.emit?.('state.merge', { keys: Object.keys(theirs) });
    const merged = this.#with(entries);
    return other instanceof State ? merged.withSecrets(Object.fromEntries(other.#around.secrets)) : merged;
  }

  delete(key: OptionalKey<T>): State<T> {
    return this.#with(this.#entries.without(key));
  }

  /** An equal state. */
  clone(): State<T> {
    this.#around.emit?.('state.clone', { keys: this.keys() });
    return this.#with(this.#entries);
  }

  /** @throws SecretsMissingError when there is none of this name */
  secret(name: string): unknown {
    const { secrets } = this.#around;
    if (!secrets.has(name)) throw new SecretsMissingError(`run ${this.runId}`, [name], this.secretNames());
    return secrets.get(name);
  }

  /** The names of the secrets: a store keeps them, without the values, so that a resumed run can require them. */
  secretNames(): string[] {
    return [...this.#around.secrets.keys()];
  }

  withSecret(name: string, value: unknown): State<T> {
    return this.withSecrets({ [name]: value });
  }

  /** Adds secrets, or replaces them. */
  withSecrets(added: Readonly<Record<string, unknown>>): State<T> {
    requireSecrets(added);
    const secrets = new Map([...this.#around.secrets, ...Object.entries(added)]);
    return new State(this.#entries, { ...this.#around, secrets }, this);
  }

  withRunId(runId: string): State<T> {
    return new State(this.#entries, this.#around, { ...this.#identity, runId });
  }

  /** @param timestamp milliseconds since the epoch */
  withCheckpointNode(node: string | null, timestamp = this.timestamp): State<T> {
    return new State(this.#entries, this.#around, { runId: this.runId, checkpointNode: node, timestamp });
  }

  /** What `JSON.stringify` and the console show: no secrets. */
  toJSON(): { readonly data: Readonly<T> } & Identity {
    return { data: this.data, ...this.#identity };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return this.toJSON();
  }

  /** @internal What of this state differs from an earlier one. */
  changesSince(earlier: State<T> | undefined): Changes {
    return this.#entries.since(earlier ? earlier.#entries : Entries.empty);
  }

  /** @internal This state in a run of a graph: frozen if wanted, and with `emit` where it has no observer. */
  within(emit: Emit | undefined, freeze: boolean): State<T> {
    const around = { ...this.#around, emit: this.#around.emit ?? emit, freeze: freeze || this.#around.freeze };
    frozenIf(around.freeze, Object.entries(this.data));
    return new State(this.#entries, around, this);
  }

  /** @internal The data and secrets of the other as the continuation of this run. */
  continuedBy(other: State<T>): State<T> {
    const sameRun = other.runId === this.runId && other.checkpointNode === this.checkpointNode;
    if (other.#around === this.#around && sameRun) return other;
    const secrets = new Map([...this.#around.secrets, ...other.#around.secrets]);
    frozenIf(this.#around.freeze, Object.entries(other.data));
    return new State(other.#entries, { ...this.#around, secrets }, this);
  }

  /** @internal A text in which the secrets, and the texts inside them, are replaced by their names. */
  conceal(text: string): string {
    return conceal(text, this.#around.secrets);
  }

  get #identity(): Identity {
    return { runId: this.runId, checkpointNode: this.checkpointNode, timestamp: this.timestamp };
  }

  #with(entries: Entries): State<T> {
    return new State(entries, this.#around, this);
  }
}

/** Whether a value has its own keys; lists, maps and promises keep their content elsewhere. */
function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value) && !disown(value);
}

function frozenIf(freeze: boolean, entries: [string, unknown][]): [string, unknown][] {
  if (freeze) for (const [, value] of entries) deepFreeze(value);
  return entries;
}
