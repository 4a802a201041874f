/**
 * A text for comparison: case, composition and width of letters do not count, nor do the dots of the Turkish i.
 * Folding a text piece by piece gives the same as folding it whole.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/(?<=i)\u0307/g, '')
    .replaceAll('ς', 'σ');
}
