/** Where the search begins. */
const firstTry = 256;

/**
 * The greatest length up to `most` that is fine, where all shorter ones are too; 0 where none is. It tries lengths up to
 * about twice the one that it finds, however great `most` is.
 */
export function longestLength(most: number, isFine: (length: number) => boolean): number {
  let fine = 0;
  let tooLong = firstTry;
  while (tooLong <= most && isFine(tooLong)) {
    fine = tooLong;
    tooLong *= 2;
  }
  if (tooLong > most) {
    if (isFine(most)) return most;
    tooLong = most;
  }
  while (tooLong - fine > 1) {
    const middle = Math.floor((fine + tooLong) / 2);
    if (isFine(middle)) fine = middle;
    else tooLong = middle;
  }
  return fine;
}
