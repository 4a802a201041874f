import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { createEmit, guard } from '../../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { requireFunction, requireSignal, requireText } from '../require-option.js';
import { ConductedRun } from './conducted-run.js';
import { ConductorStateError } from './conductor-errors.js';
import { type ConductorEnd, FailureLog, type Process, type ProcessFailure } from './process-interface.js';

/** Where the messages of a conductor go; a pino logger is one. */
export interface ConductorLogger {
  info(fields: Readonly<Record<string, string>>, message: string): void;
}

/** Options of a `Conductor`. */
export interface ConductorOptions {
  /** The source of the events. @default conductor */
  readonly name?: string | undefined;
  /**
   * The time for stopping, in milliseconds: for all processes together, `run` and `stop`. Infinity for no limit.
   * @default 5000
   */
  readonly stopTimeoutMs?: number | undefined;
  /** Receives the log messages. One that throws is dropped after one warning. @default none */
  readonly logger?: ConductorLogger | undefined;
  /** Names of the system's signals that stop everything; a second one ends the waiting. @default SIGINT and SIGTERM */
  readonly signals?: readonly string[] | undefined;
  /** Stops everything, as the first of `signals` does. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock, timers and signals. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const conductorOptions: OptionNames<ConductorOptions> = {
  name: true,
  stopTimeoutMs: true,
  logger: true,
  signals: true,
  signal: true,
  observer: true,
  runtime: true,
};

const defaults = { name: 'conductor', stopTimeoutMs: 5_000, signals: ['SIGINT', 'SIGTERM'] };

/**
 * Runs processes side by side until all have returned, and stops them all when one fails or a signal comes: the signal
 * given to `run` is aborted, then every `stop` is called at once, and `run` and `stop` have one budget of time. A second
 * signal ends the waiting at once. It never ends the program: that is for the caller to do.
 *
 * @throws InvalidOptionError, UnknownObserverError from the constructor
 *
 * @example
 * const conductor = new Conductor([{ name: 'greeter', run: () => console.log('hello'), stop: () => {} }]);
 * const { outcome } = await conductor.run().thenStop();
 * for await (const { process, error } of conductor.errors()) console.error(process, error);
 * console.log(outcome); // returned
 */
export class Conductor {
  private readonly failures = new FailureLog();
  private readonly conducted: ConductedRun;
  private readonly name: string;
  private end: Promise<ConductorEnd> | undefined;

  constructor(processes: readonly Process[], options: ConductorOptions = {}) {
    requireKnown('Conductor', options, conductorOptions);
    const { name = defaults.name, stopTimeoutMs = defaults.stopTimeoutMs, signals = defaults.signals } = options;
    const { runtime = nodeRuntime, logger, signal } = options;
    requireProcesses(processes);
    requireText('name', name);
    if (typeof stopTimeoutMs !== 'number' || !(stopTimeoutMs >= 0))
      throw new InvalidOptionError('stopTimeoutMs', 'a number of at least 0', stopTimeoutMs);
    if (!Array.isArray(signals)) throw new InvalidOptionError('signals', 'an array', signals);
    requireSignal('signal', signal);
    if (logger !== undefined) requireFunction('logger.info', logger?.info);
    this.name = name;
    this.conducted = new ConductedRun(processes.slice(), {
      stopTimeoutMs,
      signals: [...new Set(signals)],
      caller: signal,
      runtime,
      failures: this.failures,
      emit: createEmit(options.observer, name, () => runtime.wallTime()),
      log: logger && guard((fields, message) => logger.info(fields, message), 'a logger'),
    });
  }

  /**
   * Starts all processes, in their order, before it returns. From then on the signals of the system are listened to, and
   * a failure stops everything, whether or not somebody waits.
   * @throws ConductorStateError on the second call; InvalidOptionError when a signal cannot be listened to
   */
  run(): this {
    if (this.end)
      throw new ConductorStateError(this.name, 'has been run already, and runs once only; make another one');
    this.end = this.conducted.start();
    return this;
  }

  /**
   * Waits until all processes have returned, or have been stopped. The promise never rejects: what went wrong is in
   * `errors()`, and who has not ended in the result.
   * @throws ConductorStateError at once, where `run` was not called before
   */
  thenStop(): Promise<ConductorEnd> {
    if (!this.end) throw new ConductorStateError(this.name, 'has not been run yet; call run() before thenStop()');
    return this.end;
  }

  /**
   * What went wrong, as it happens; it ends when everything has ended. All failures are kept: each reader gets every
   * one, from the first on, also after the end.
   */
  errors(): AsyncIterableIterator<ProcessFailure> {
    return this.failures.read();
  }
}

function requireProcesses(processes: readonly Process[]): void {
  if (!Array.isArray(processes)) throw new InvalidOptionError('processes', 'an array', processes);
  const names = new Set<string>();
  for (const [index, member] of processes.entries()) {
    const option = `processes[${index}]`;
    if (typeof member !== 'object' || member === null) throw new InvalidOptionError(option, 'a process', member);
    const { name, run, stop } = member;
    requireText(`${option}.name`, name);
    if (names.has(name)) throw new InvalidOptionError(`${option}.name`, 'different from the names before it', name);
    requireFunction(`${option}.run (process '${name}')`, run);
    if (stop !== undefined) requireFunction(`${option}.stop (process '${name}')`, stop);
    names.add(name);
  }
}
