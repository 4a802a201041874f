import { isCodedError, messageOf } from './chorale-error.js';

/** An option that a remedy names, with a value to give it. */
export interface OptionHint {
  readonly option: string;
  readonly value?: string | undefined;
  /** What stands there for a caller of the library. @default the name, and the value after an equals sign */
  readonly inLibrary?: string | undefined;
}

/**
 * What to do about a failure: a text, or parts of a text between which options stand as data, as in
 * `['start the server, or name another with ', { option: 'host' }]`.
 */
export type Remedy = string | readonly (string | OptionHint)[];

/** What the reader of results must know, in the same form. */
export type Warning = Remedy;

/** Writes an option, as in `--host`. */
export type SpellOption = (hint: OptionHint) => string;

/** A remedy for people. @param spell @default what stands there for a caller of the library */
export function renderRemedy(remedy: Remedy, spell: SpellOption = nameAndValue): string {
  if (typeof remedy === 'string') return remedy;
  return remedy.map((part) => (typeof part === 'string' ? part : spell(part))).join('');
}

/** The message of whatever was thrown, with the options of its remedy spelled. Never throws. */
export function spelledMessage(error: unknown, spell: SpellOption | undefined): string {
  const message = messageOf(error);
  if (!spell || !isCodedError(error) || !('remedy' in error) || !Array.isArray(error.remedy)) return message;
  const remedy: Exclude<Remedy, string> = error.remedy;
  return message.replace(renderRemedy(remedy), () => renderRemedy(remedy, spell));
}

function nameAndValue({ option, value, inLibrary }: OptionHint): string {
  return inLibrary ?? (value === undefined ? option : `${option}=${value}`);
}
