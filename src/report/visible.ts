/** Control characters, and those that turn the direction of what follows or begin another line. */
const unseen = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Without control characters, which a foreign text may bring. */
export function visible(text: string): string {
  return text.replace(unseen, ' ');
}

/** At most `limit` characters of the text, without control characters. */
export function clipped(text: string, limit: number): string {
  // A character takes two units at most; a text of a megabyte is not looked at as a whole.
  const characters = Array.from(visible(text.slice(0, 2 * limit + 2)));
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : characters.join('');
}
