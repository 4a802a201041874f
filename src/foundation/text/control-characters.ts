/** Control characters, line separators, and marks that turn the direction of writing. They steer a terminal or hide text. */
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with a space in place of each control character, those in `kept` aside. */
export function blankControls(text: string, kept = ''): string {
  return text.replace(controls, (found) => (kept.includes(found) ? found : ' '));
}

/** The text with control characters as escapes (`\n`, `\u001b`), so that it stays one line and nothing is lost. */
export function escapeControls(text: string): string {
  return text.replace(controls, (found) => escapes[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** At most `limit` characters of the text, as one line, in single quotes. */
export function quoted(text: string, limit = 60): string {
  const characters = Array.from(text.slice(0, 2 * limit + 2));
  const cut = characters.length > limit ? `${characters.slice(0, limit).join('')}…` : text;
  return `'${escapeControls(cut)}'`;
}
