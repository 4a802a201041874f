/** Whether a text has no characters above 127: most tokens are such texts. */
export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
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

/** A text without the characters that nobody sees: of no width, or only there to turn the direction of writing. */
export function withoutUnseen(text: string): string {
  return isAscii(text) ? text : text.replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}
