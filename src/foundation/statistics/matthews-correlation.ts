/**
 * The Matthews correlation of two judges for any number of labels, −1 to 1 (J. Gorodkin, Computational Biology and
 * Chemistry 28, 2004; `matthews_corrcoef` of scikit-learn). 0 where one of the two always gave the same verdict: the
 * correlation is 0 ÷ 0 there, and says nothing. Null where there is no item.
 * @param table counts: row i, column j holds the items to which one gave verdict i and the other verdict j; square
 */
export function matthewsCorrelation(table: readonly (readonly number[])[]): number | null {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const rows = table.map(sum);
  const columns = table.map((_, j) => sum(table.map((row) => row[j] ?? 0)));
  const all = sum(rows);
  if (all === 0) return null;
  // Shares instead of counts: squares of squares of large counts would leave the whole numbers.
  const shared = (a: readonly number[], b: readonly number[]) =>
    sum(a.map((value, k) => (value / all) * ((b[k] ?? 0) / all)));
  if (rows.includes(all) || columns.includes(all)) return 0;
  const agreed = sum(table.map((row, k) => row[k] ?? 0)) / all;
  const spread = (1 - shared(rows, rows)) * (1 - shared(columns, columns));
  return (agreed - shared(rows, columns)) / Math.sqrt(spread);
}
