const quote = 34;
const lf = 10;
const cr = 13;

/**
 * Where the quote stands that spoils a row of CSV: it is never closed, or only on a later line by a quote in the middle
 * of a cell, which is the opening quote of some other row. Null where every quote is well.
 * @param row the bytes of one row, or of everything from its start to the end of the file
 * @param delimiter the byte between cells
 */
export function findOpenQuote(row: Uint8Array, delimiter: number): number | null {
  let i = 0;
  while (i < row.length) {
    if (row[i] === quote) {
      const closed = closingQuote(row, i);
      if (closed === null) return i;
      const next = row[closed + 1];
      const well = next === undefined || next === delimiter || next === lf || next === cr;
      if (!well && hasLineEnd(row.subarray(i, closed))) return i;
      i = closed + 1;
    }
    while (i < row.length && row[i] !== delimiter && row[i] !== lf && row[i] !== cr) i += 1;
    i += 1;
  }
  return null;
}

/** The quote that closes the one at `opened`: the first that is not doubled. */
function closingQuote(row: Uint8Array, opened: number): number | null {
  let i = row.indexOf(quote, opened + 1);
  while (i !== -1 && row[i + 1] === quote) i = row.indexOf(quote, i + 2);
  return i === -1 ? null : i;
}

function hasLineEnd(bytes: Uint8Array): boolean {
  return bytes.includes(lf) || bytes.includes(cr);
}
