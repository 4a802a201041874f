import type { OptionRule, OptionTypes } from './option-types.js';

/** An option in every place where it can be set. `--help` loads this file: what it imports imports nothing. */
export interface OptionDefinition extends OptionRule {
  /** How its value is parsed. An option of the type `switch` has no value. */
  readonly type: keyof OptionTypes;
  /** In the syntax of commander; without it, only a configuration file sets the option. */
  readonly flag?: string;
  /** Its help text. */
  readonly help?: string;
  /** The flag that turns it off, and the help text of that flag. */
  readonly off?: readonly [flag: string, help: string];
  /** Whether it has an environment variable: `CHORALE_` and its flag. */
  readonly env?: boolean;
  /** Path in the configuration file. */
  readonly key?: string;
  /** The default value, as it is written in the environment. */
  readonly default?: string;
  /** The default as the help shows it, if it is not a fixed value. */
  readonly shownDefault?: string;
  /** Different restrictions for its value in the configuration file. */
  readonly inFile?: OptionRule;
}

/** An option of the command line. */
export function flag<T extends keyof OptionTypes, const More extends Partial<OptionDefinition> = object>(
  type: T,
  flag: string,
  help: string,
  more?: More,
) {
  return { type, flag, help, ...more } as { type: T; flag: string; help: string } & More;
}

/** An option that only a configuration file sets. */
export function setting<T extends keyof OptionTypes, const More extends Partial<OptionDefinition> = object>(
  type: T,
  key: string,
  help: string,
  more?: More,
) {
  return { type, key, help, ...more } as { type: T; key: string; help: string } & More;
}
