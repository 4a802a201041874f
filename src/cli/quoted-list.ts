import { parse } from 'csv-parse/sync';

/**
 * The entries of a list that is written like a line of CSV: `yes,"no, never",maybe` has three. Spaces around an entry do
 * not count.
 * @returns undefined where a quote is not closed, or the list has a line break outside quotes
 */
export function quotedList(text: string): readonly string[] | undefined {
  if (text.trim() === '') return [''];
  try {
    const records: readonly string[][] = parse(text, { trim: true, relax_quotes: true, skip_empty_lines: true });
    const [list] = records;
    return list && records.length === 1 ? list.map((entry) => entry.trim()) : undefined;
  } catch {
    return undefined;
  }
}
