import { comparisonOptions } from './comparison-options.js';
import { experimentOptions } from './experiment-options.js';
import type { OptionDefinition } from './option-definition.js';
import type { OptionTypes } from './option-types.js';
import { resultOptions } from './result-options.js';
import { rowOptions } from './row-options.js';
import { runOptions } from './run-options.js';
import { sweepOptions } from './sweep-options.js';

/** All options, by the names that code uses. Durations are in milliseconds. */
export const optionTable = {
  ...runOptions,
  ...rowOptions,
  ...resultOptions,
  ...experimentOptions,
  ...comparisonOptions,
  ...sweepOptions,
} as const satisfies Readonly<Record<string, OptionDefinition>>;

export type OptionName = keyof typeof optionTable;

/** The value of an option. */
export type ValueOf<N extends OptionName> = (typeof optionTable)[N] extends { readonly choices: readonly (infer C)[] }
  ? C
  : OptionTypes[(typeof optionTable)[N]['type']];

/** Values of options, without those that are not set. */
export type Values<N extends OptionName> = { readonly [K in N]?: ValueOf<K> };

/** The same with the defaults. */
export type Resolved<N extends OptionName> = {
  readonly [K in N]: (typeof optionTable)[K] extends { readonly default: string } ? ValueOf<K> : ValueOf<K> | undefined;
};

/** The environment variable of an option. */
export function variableOf({ flag = '', env = false }: OptionDefinition): string | undefined {
  const [name = ''] = flag.slice(2).split(' ', 1);
  return env ? `CHORALE_${name.toUpperCase().replaceAll('-', '_')}` : undefined;
}
