import { createAbortController, untilAborted } from '../foundation/abort.js';
import { ChoraleError, defineErrors, messageOf } from '../foundation/errors/chorale-error.js';
import { type Failure, failureOf, type Observer } from '../foundation/events/event.js';
import { createEmit, guard } from '../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import { isThenable } from './awaitable.js';
import { countItems, type InputItems, ItemReader, takeItems } from './input-items.js';
import type { ProgressCallback } from './progress.js';
import { requireBoolean, requireFunction, requireItems, requireSignal } from './require-option.js';
import { TimeSlice } from './time-slice.js';

export const chainErrors = defineErrors({
  CHORALE_CHAIN: { exitCode: 5, retryable: false, summary: 'A step of a chain failed.' },
  CHORALE_CHAIN_CANCELLED: { exitCode: 130, retryable: false, summary: 'A chain was cancelled.' },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof chainErrors> {}
}

/** How far a chain came. */
export interface ChainProgress<S = unknown> {
  /** The last good state; the initial one where no step was completed. */
  readonly state: S;
  /** Completed steps. */
  readonly steps: number;
  /** The initial state and the state after each completed step; absent if they were not captured. */
  readonly intermediate: S[] | undefined;
}

/** A step of a chain failed. `cause` is what its processor threw. */
export class ChainError<T = unknown, S = unknown> extends ChoraleError implements ChainProgress<S> {
  readonly code: 'CHORALE_CHAIN' | 'CHORALE_CHAIN_CANCELLED' = 'CHORALE_CHAIN';
  readonly state: S;
  readonly steps: number;
  readonly intermediate: S[] | undefined;

  constructor(
    /** 0-based position of the step at which the chain ended. */
    readonly stepIndex: number,
    readonly item: T,
    progress: ChainProgress<S>,
    override readonly cause: unknown,
    ending = 'failed',
  ) {
    super(`chain ${ending} at step ${stepIndex}: ${messageOf(cause)}`, { cause });
    this.state = progress.state;
    this.steps = progress.steps;
    this.intermediate = progress.intermediate;
  }
}

/** A chain was stopped by its caller, before or during the step `stepIndex`. `cause` is the signal's reason. */
export class ChainCancelledError<T = unknown, S = unknown> extends ChainError<T, S> {
  override readonly code = 'CHORALE_CHAIN_CANCELLED';

  constructor(stepIndex: number, item: T, progress: ChainProgress<S>, cause: unknown) {
    super(stepIndex, item, progress, cause, 'cancelled');
  }
}

/** Events of a sequential chain. */
export interface ChainEvents {
  'chain.start': {
    /** Null for an input that is not an array; so is `total_steps`. */
    readonly item_count: number | null;
    readonly has_progress_callback: boolean;
    readonly capture_intermediate: boolean;
  };
  /** `step_index` is 0-based. */
  'step.start': { readonly step_index: number; readonly total_steps: number | null };
  'step.complete': { readonly step_index: number; readonly total_steps: number | null } & Failure;
  /** `error_type` is `cancellation` or `processor`. */
  'chain.complete': { readonly steps_completed: number } & Failure;
}

declare module '../foundation/events/event.js' {
  interface EventData extends ChainEvents {}
}

/** What a step receives besides its item and the state. */
export interface StepContext {
  /** 0-based position of the item in the input. */
  readonly index: number;
  /** Aborted when the caller stops the chain. */
  readonly signal: AbortSignal;
}

/** Does one step: the state after it, from the item and the state before it. It may throw or reject. */
export type StepProcessor<T, S> = (item: T, state: S, context: StepContext) => S | PromiseLike<S>;

/** `[]`; nothing where the processor says itself what the array holds. */
type EmptyArray<E> = [E] extends [readonly never[]] ? never[] : never;

/** Options of `processChain`. */
export interface ChainOptions<S> {
  /** Keeps the initial state and the state after every step. @default false */
  readonly captureIntermediate?: boolean | undefined;
  /** Stops the chain before its next step; its reason becomes the cause of `ChainCancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Called after each step with the number of completed steps (1, 2, …), the number of items, and the new state. */
  readonly onProgress?: ProgressCallback<S> | undefined;
  /** Clock. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const chainOptions: OptionNames<ChainOptions<unknown>> = {
  captureIntermediate: true,
  signal: true,
  observer: true,
  onProgress: true,
  runtime: true,
};

/** What a chain achieved. */
export interface ChainResult<S> {
  /** The state after the last step; the initial one for no items. */
  readonly final: S;
  /** Completed steps. */
  readonly steps: number;
  /** With `captureIntermediate`: the initial state, then the one after each step; one more entry than items. */
  readonly intermediate?: S[];
}

const source = 'processChain';

/**
 * Folds items into a state, one step after the other. Cancellation is checked before each step; a step that rejects
 * after the abort counts as cancelled. A chain whose last step succeeded resolves, whatever the signal says.
 *
 * @throws ChainError when a step failed, with the last good state
 * @throws ChainCancelledError (a ChainError) when `signal` stopped the chain before every step was done
 * @throws InvalidOptionError, UnknownObserverError before any work
 *
 * @example
 * const { final } = await processChain(['a', 'b'], '', async (item, state) => state + item);
 * console.log(final); // 'ab'
 */
export function processChain<
  E extends readonly unknown[] = never[],
  T = unknown,
  S extends readonly unknown[] = unknown[],
>(
  items: InputItems<T>,
  initial: EmptyArray<NoInfer<E>>,
  processor: (item: T, state: E, context: StepContext) => S | PromiseLike<S>,
  options?: ChainOptions<S>,
): Promise<ChainResult<S>>;
export function processChain<T, S>(
  items: InputItems<T>,
  initial: S,
  processor: StepProcessor<T, S>,
  options?: ChainOptions<S>,
): Promise<ChainResult<S>>;
export async function processChain<T, S>(
  items: InputItems<T>,
  initial: S,
  processor: StepProcessor<T, S>,
  options: ChainOptions<S> = {},
): Promise<ChainResult<S>> {
  requireKnown(source, options, chainOptions);
  const { captureIntermediate = false, signal: caller, runtime = nodeRuntime } = options;
  requireItems('items', items);
  requireFunction('processor', processor);
  requireBoolean('captureIntermediate', captureIntermediate);
  requireSignal('signal', caller);
  if (options.onProgress !== undefined) requireFunction('onProgress', options.onProgress);
  const emit = createEmit(options.observer, source, () => runtime.wallTime());
  const onProgress = options.onProgress && guard(options.onProgress, 'onProgress');
  emit?.('chain.start', {
    item_count: countItems(items),
    has_progress_callback: onProgress !== undefined,
    capture_intermediate: captureIntermediate,
  });

  const run = new ChainRun<T, S>(initial, captureIntermediate, caller);
  const total = countItems(items);
  const reader = new ItemReader(takeItems(items), caller);
  const slice = new TimeSlice(runtime);
  let broken: { readonly error: unknown } | undefined;
  try {
    for (let index = 0; ; index += 1) {
      const answer = reader.next();
      const next = isThenable(answer) ? await answer : answer;
      if (next.done || run.stopped(index, next.value as T)) break;
      emit?.('step.start', { step_index: index, total_steps: total });
      await run.step(index, next.value, processor);
      emit?.('step.complete', { step_index: index, total_steps: total, ...run.stepFailure });
      if (run.failure) break;
      onProgress?.(run.steps, total ?? run.steps, run.state);
      if (slice.isOver()) await slice.nextTurn();
    }
    await reader.close();
  } catch (error) {
    if (!run.stopped(run.steps, undefined as T)) broken = { error };
  }

  const failure = run.failure ?? broken?.error;
  emit?.('chain.complete', { steps_completed: run.steps, ...endOf(failure, failure !== undefined || !!broken) });
  if (run.failure) throw run.failure;
  if (broken) throw broken.error;
  return run.result;
}

/** The state of one chain. */
class ChainRun<T, S> {
  steps = 0;
  failure: ChainError<T, S> | undefined;
  stepFailure = failureOf(undefined);
  readonly intermediate: S[] | undefined;
  private readonly signal: AbortSignal;

  constructor(
    public state: S,
    capture: boolean,
    private readonly caller: AbortSignal | undefined,
  ) {
    this.intermediate = capture ? [state] : undefined;
    this.signal = caller ?? createAbortController().signal;
  }

  get result(): ChainResult<S> {
    const { state: final, steps, intermediate } = this;
    return intermediate ? { final, steps, intermediate } : { final, steps };
  }

  /** Whether the caller stopped the chain before this step. */
  stopped(index: number, item: T): boolean {
    if (!this.caller?.aborted) return false;
    this.failure = new ChainCancelledError(index, item, this, this.caller.reason);
    return true;
  }

  async step(index: number, given: T | PromiseLike<T>, processor: StepProcessor<T, S>): Promise<void> {
    // Where the promise of an item is rejected, the promise stands for it.
    let item = given as T;
    try {
      if (isThenable(given)) item = await untilAborted(Promise.resolve(given), this.caller);
      this.state = await processor(item, this.state, { index, signal: this.signal });
      this.steps += 1;
      this.intermediate?.push(this.state);
    } catch (error) {
      this.stepFailure = failureOf(error, true);
      if (!this.stopped(index, item)) this.failure = new ChainError(index, item, this, error);
    }
  }
}

function endOf(failure: unknown, failed: boolean) {
  if (!failed) return failureOf(undefined);
  const error_type = failure instanceof ChainCancelledError ? 'cancellation' : 'processor';
  return { ...failureOf(failure, true), error_type };
}
