import { UsageError } from '../../foundation/errors/chorale-error.js';
import type { OptionDefinition } from './option-definition.js';
import { type OptionName, optionTable, type Resolved, type ValueOf, variableOf } from './option-table.js';
import { InvalidValue, optionTypes } from './option-types.js';

/** Texts of options as they were given, in their order; of a switch, `true` or `false`. */
export type GivenTexts = Partial<Record<OptionName, readonly string[]>>;

/**
 * Options that name one file to write: another one would not be written. Of other options with one value the last value
 * counts, so that a command line can override an alias.
 */
const onlyOnce: ReadonlySet<OptionName> = new Set<OptionName>([
  ...(['events', 'outProbabilities', 'outDisagreements', 'junit', 'markdown', 'outPrompt', 'savePrompt'] as const),
  'trace',
]);

/** The value of an option's texts. @throws InvalidValue */
export function parseOption<N extends OptionName>(name: N, texts: readonly string[], inFile = false): ValueOf<N> {
  const definition: OptionDefinition = optionTable[name];
  const rule = inFile ? { ...definition, ...definition.inFile } : definition;
  const parse = optionTypes[definition.type] as (text: string, rule: OptionDefinition, before?: unknown) => unknown;
  return texts.reduce<unknown>((before, text) => parse(text, rule, before), undefined) as ValueOf<N>;
}

/** The default of an option; undefined if it has none. */
export function defaultOf<N extends OptionName>(name: N): Resolved<N>[N] {
  const { default: text }: OptionDefinition = optionTable[name];
  return (text === undefined ? undefined : parseOption(name, [text], true)) as Resolved<N>[N];
}

/**
 * The flags of a command: what was given, else the environment.
 * @throws UsageError
 */
export function parseFlags(
  names: readonly OptionName[],
  given: GivenTexts,
  env: Readonly<Record<string, string | undefined>>,
): object {
  const flags: Record<string, unknown> = {};
  for (const name of names) {
    const definition: OptionDefinition = optionTable[name];
    const variable = variableOf(definition);
    const texts = given[name];
    const ofVariable = variable === undefined ? undefined : env[variable];
    try {
      if (texts) {
        if (onlyOnce.has(name) && new Set(texts).size > 1) throw new InvalidValue('It can be given only once.');
        flags[name] = parseOption(name, texts);
      }
      if (!texts && ofVariable !== undefined) flags[name] = parseOption(name, [ofVariable]);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      const place = texts
        ? `option '${definition.flag}' argument '${texts.join(' ')}'`
        : `option '${definition.flag}' value '${ofVariable}' from env '${variable}'`;
      throw new UsageError(`${place} is invalid. ${error.message.replace(/\.$/, '')}; see --help`);
    }
  }
  return flags;
}
