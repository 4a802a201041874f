/** A character that is seen: no space, control or format character, and nothing else that is drawn as nothing. */
const visible = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Zero-width spaces, marks of direction, soft hyphens, byte-order marks inside of a text. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** What joins, or parts, letters of some scripts and the parts of emojis. */
const joiner = /^(?:\u200c|\u200d|[\ufe00-\ufe0f]|[\u{e0020}-\u{e007f}])$/u;

/** Where a joiner does nothing: at an end, beside a space or a letter of a script that has no use for it. */
const needsNoJoiner = /^$|[\s\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u;

/** Whether a text has only spaces and zero-width characters. */
export function isBlank(text: string): boolean {
  return !visible.test(text);
}

/** Whether a text has no characters above 127: most tokens and labels are such texts. */
export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

export function withoutInvisible(text: string): string {
  return isAscii(text) ? text : text.replace(invisible, '');
}

/**
 * A text for comparison: case, composition and width of letters do not count, nor do the dots of the Turkish i.
 * Folding a text piece by piece gives the same as folding it whole.
 */
export function foldText(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/(?<=i)\u0307/g, '')
    .replaceAll('ς', 'σ');
}

/**
 * A name for comparing: characters that nobody sees, ways to compose a letter (NFC, NFD), line breaks, runs of spaces and
 * case do not count.
 */
export function foldName(text: string): string {
  return withoutInvisible(text).normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
}

/** A label in its visible form: composed letters (NFC), no zero-width characters except where a script needs them. */
export function cleanLabel(text: string): string {
  // ASCII needs no more, and nearly all labels are that.
  if (/^[ -~]*$/.test(text)) return text.trim();
  const shown = text.replace(invisible, (character, at: number) => {
    if (!joiner.test(character) || needsNoJoiner.test(text.charAt(at - 1))) return '';
    const joinsBoth = character === '\u200c' || character === '\u200d';
    return joinsBoth && needsNoJoiner.test(text.charAt(at + 1)) ? '' : character;
  });
  return shown.normalize('NFC').trim();
}
