import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { OptionNames } from '../../foundation/known-options.js';
import { requireBoolean, requireWhole } from '../require-option.js';

/** The pauses between attempts: none, always the same, growing by the same amount, or twofold each time. */
export type Backoff = 'none' | 'fixed' | 'linear' | 'exponential';

/** How a step is tried. */
export interface StepSettings {
  /** Longest time of one attempt, in milliseconds; Infinity for no limit. @default 30000 */
  readonly timeoutMs: number;
  /** Further attempts after the first. @default 3 */
  readonly retries: number;
  /**
   * The pause after the n-th failed attempt: 0 (none), `retryDelayMs` (fixed), n times that (linear), or 2^(n-1) times that
   * (exponential). @default 'linear'
   */
  readonly backoff: Backoff;
  /** @default 1000 */
  readonly retryDelayMs: number;
  /** The run continues after a failure of the step, whose output is then missing. @default false */
  readonly continueOnError: boolean;
}

/** Settings of which any may be missing: those do not change. */
export type PartialSettings = { readonly [K in keyof StepSettings]?: StepSettings[K] | undefined };

export const settingNames: OptionNames<StepSettings> = {
  timeoutMs: true,
  retries: true,
  backoff: true,
  retryDelayMs: true,
  continueOnError: true,
};

export const defaultStepSettings: StepSettings = {
  timeoutMs: 30_000,
  retries: 3,
  backoff: 'linear',
  retryDelayMs: 1_000,
  continueOnError: false,
};

/** Settings by precedence, the strongest first, over the defaults. */
export function mergeSettings(...layers: readonly PartialSettings[]): StepSettings {
  const given = layers.toReversed().map((layer) => Object.entries(layer).filter(([, value]) => value !== undefined));
  return { ...defaultStepSettings, ...Object.fromEntries(given.flat()) };
}

/**
 * The settings in `options`, checked.
 * @param owner for the messages, as in `step 'fetch'`
 * @throws InvalidOptionError
 */
export function readSettings(owner: string, options: PartialSettings): PartialSettings {
  const { timeoutMs, retries, backoff, retryDelayMs, continueOnError } = options;
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    throw new InvalidOptionError(`timeoutMs of ${owner}`, 'a number of milliseconds above 0', timeoutMs);
  }
  if (retries !== undefined) requireWhole(`retries of ${owner}`, retries, 0);
  if (backoff !== undefined && !backoffs.includes(backoff)) {
    throw new InvalidOptionError(`backoff of ${owner}`, `one of ${backoffs.join(', ')}`, backoff);
  }
  if (retryDelayMs !== undefined && !(Number.isFinite(retryDelayMs) && retryDelayMs >= 0)) {
    throw new InvalidOptionError(`retryDelayMs of ${owner}`, 'a number of milliseconds of at least 0', retryDelayMs);
  }
  if (continueOnError !== undefined) requireBoolean(`continueOnError of ${owner}`, continueOnError);
  return { timeoutMs, retries, backoff, retryDelayMs, continueOnError };
}

const backoffs: readonly Backoff[] = ['none', 'fixed', 'linear', 'exponential'];

/** The pause after a failed attempt, in milliseconds. @param attempt the 1-based one that failed */
export function pauseAfter(attempt: number, { backoff, retryDelayMs }: StepSettings): number {
  if (backoff === 'none') return 0;
  if (backoff === 'linear') return retryDelayMs * attempt;
  return backoff === 'exponential' ? retryDelayMs * 2 ** (attempt - 1) : retryDelayMs;
}
