import type { OptionNames } from '../../foundation/known-options.js';
import { type AttemptPolicy, attemptNames, type Backoff, readAttemptOptions } from '../attempts.js';
import { requireBoolean } from '../require-option.js';

/** How a step is tried. */
export interface StepSettings extends AttemptPolicy {
  /** @default 30000 */
  readonly timeoutMs: number;
  /** @default 3 */
  readonly retries: number;
  /** @default 'linear' */
  readonly backoff: Backoff;
  /** @default 1000 */
  readonly retryDelayMs: number;
  /** @default false */
  readonly jitter: boolean;
  /** The run continues after a failure of the step, whose output is then missing. @default false */
  readonly continueOnError: boolean;
}

/** Settings of which any may be missing: those do not change. */
export type PartialSettings = { readonly [K in keyof StepSettings]?: StepSettings[K] | undefined };

export const settingNames: OptionNames<PartialSettings> = { ...attemptNames, continueOnError: true };

export const defaultStepSettings: StepSettings = {
  timeoutMs: 30_000,
  retries: 3,
  backoff: 'linear',
  retryDelayMs: 1_000,
  jitter: false,
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
  const { continueOnError } = options;
  if (continueOnError !== undefined) requireBoolean(`continueOnError of ${owner}`, continueOnError);
  return { ...readAttemptOptions(` of ${owner}`, options), continueOnError };
}
