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
