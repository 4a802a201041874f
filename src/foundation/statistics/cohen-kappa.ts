import { InvalidOptionError } from '../errors/usage-errors.js';
import { requireCount } from './require-count.js';

/**
 * Cohen's κ: the agreement of two judges beyond what chance would give them. κ = (p₀ − pₑ) ÷ (1 − pₑ), where p₀ is the
 * share of equal verdicts and pₑ = Σ p(a says k) · p(b says k) (J. Cohen, Educational and Psychological Measurement 20,
 * 1960). 1 is full agreement, 0 that of chance, below 0 is worse than chance.
 *
 * @param table counts: row i, column j holds the items to which a gave verdict i and b verdict j; square
 * @returns at most 1; null where there is no item, or both gave one and the same verdict throughout: then κ is 0 ÷ 0
 * @throws InvalidOptionError where the table is not square, or a count is no whole number of at least 0
 *
 * @example
 * cohenKappa([[20, 5], [10, 15]]); // 0.4
 */
export function cohenKappa(table: readonly (readonly number[])[]): number | null {
  requireSquare(table);
  const rows = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = table.map((_, j) => table.reduce((sum, row) => sum + (row[j] ?? 0), 0));
  const all = rows.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const agreed = table.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / all;
  const byChance = rows.reduce((sum, count, k) => sum + (count / all) * ((columns[k] ?? 0) / all), 0);
  if (rows.some((count, k) => count === all && columns[k] === all)) return null;
  return (agreed - byChance) / (1 - byChance);
}

function requireSquare(table: readonly (readonly number[])[]): void {
  for (const [i, row] of table.entries()) {
    if (row.length !== table.length) {
      throw new InvalidOptionError('table', `square (${table.length} × ${table.length})`, row.length);
    }
    for (const [j, count] of row.entries()) requireCount(`table[${i}][${j}]`, count);
  }
}
