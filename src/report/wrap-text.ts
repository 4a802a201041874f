import wrapAnsi from 'wrap-ansi';

/**
 * A text in lines that fit, each behind an indent. What characters take on a terminal counts, not how many there are.
 * @param columns width of the terminal; undefined: lines are not wrapped
 */
export function wrapText(text: string, columns: number | undefined, indent = ''): string {
  const lines =
    columns === undefined ? [text] : wrapAnsi(text, Math.max(10, columns - indent.length), { hard: true }).split('\n');
  return lines.map((line) => `${indent}${line}`).join('\n');
}
