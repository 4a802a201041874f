import { InvalidOptionError } from './errors/chorale-error.js';
import { didYouMean, listNames } from './text/message-text.js';

/** The names of all options of a function. The compiler requires every one, and rejects any other. */
export type OptionNames<O> = { readonly [K in keyof Required<O>]: unknown };

/**
 * Rejects options that a function does not have: a misspelt one would silently have no effect. Takes time once per call.
 * @param owner what takes the options, for the message
 * @param known the names; complete by its type
 * @throws InvalidOptionError unless `options` is an object, and all its names are known
 */
export function requireKnown<O extends object>(owner: string, options: O, known: OptionNames<NoInfer<O>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError('options', 'an object', options);
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) throw unknownOption(owner, name, options, Object.keys(known));
  }
}

function unknownOption(owner: string, name: string, options: object, known: readonly string[]): InvalidOptionError {
  const value: unknown = Reflect.get(options, name);
  const message = `${owner} has no option '${name}'${didYouMean(name, known)} (known: ${listNames(known)})`;
  return new InvalidOptionError(name, `one of ${known.join(', ')}`, value, message);
}
