/** An option that a remedy names, with a value to give it. */
export interface OptionHint {
  readonly option: string;
  readonly value?: string | undefined;
}

/**
 * What to do about a failure: a text, or parts of a text between which options stand as data, as in
 * `['start the server, or name another with ', { option: 'host' }]`.
 */
export type Remedy = string | readonly (string | OptionHint)[];

/**
 * A remedy for people.
 * @param spell writes an option, as in `--host`. @default its name, and the value after an equals sign
 */
export function renderRemedy(remedy: Remedy, spell: (hint: OptionHint) => string = nameAndValue): string {
  if (typeof remedy === 'string') return remedy;
  return remedy.map((part) => (typeof part === 'string' ? part : spell(part))).join('');
}

function nameAndValue({ option, value }: OptionHint): string {
  return value === undefined ? option : `${option}=${value}`;
}
