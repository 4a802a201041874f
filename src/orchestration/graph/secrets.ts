import { isPlain } from '../../foundation/lossless-json.js';

/**
 * A text in which the secrets, and the texts inside them, are replaced by their names. Where one is part of another, the
 * longer one counts. A name that was put in is not searched again.
 */
export function conceal(text: string, secrets: ReadonlyMap<string, unknown>): string {
  const names = new Map<string, string>();
  for (const [name, secret] of secrets) {
    for (const part of textsOf(secret)) if (!names.has(part)) names.set(part, name);
  }
  if (names.size === 0) return text;
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = longestFirst.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|');
  return text.replace(new RegExp(pattern, 'g'), (found) => `[secret ${names.get(found)}]`);
}

/** The texts in a value that are not empty, those in arrays and plain objects included. */
function textsOf(value: unknown, above: readonly object[] = []): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (!isPlain(value) || above.includes(value)) return [];
  return Object.values(value).flatMap((inner) => textsOf(inner, [...above, value]));
}
