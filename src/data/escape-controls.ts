const unprintable = /[\p{Cc}\u2028\u2029]/gu;
const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with line breaks and control characters written as escapes, so that a message stays one line. */
export function escapeControls(text: string): string {
  return text.replace(
    unprintable,
    (found) => known[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** At most `limit` characters of the text, as one line, in single quotes. */
export function quoted(text: string, limit = 60): string {
  const characters = Array.from(text.slice(0, 2 * limit + 2));
  const cut = characters.length > limit ? `${characters.slice(0, limit).join('')}…` : text;
  return `'${escapeControls(cut)}'`;
}
