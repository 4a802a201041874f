import { InvalidOptionError } from '../errors/usage-errors.js';

/**
 * p-values as they stand after as many looks: the smallest of m times m, the next times m − 1, and so on, none below one
 * that was smaller, none above 1 (S. Holm, Scandinavian Journal of Statistics 6, 1979). Claiming what is then at most α
 * makes a false claim among all of them with a chance of at most α, whatever they have to do with each other.
 * @param pValues in any order
 * @returns the corrected ones, in the same order
 * @throws InvalidOptionError where one is not from 0 to 1
 *
 * @example
 * holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const ordered = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const corrected = pValues.map(() => 0);
  let least = 0;
  for (const [rank, { p, index }] of ordered.entries()) {
    if (!(p >= 0 && p <= 1)) throw new InvalidOptionError(`pValues[${index}]`, 'from 0 to 1', p);
    least = Math.max(least, Math.min(1, p * (ordered.length - rank)));
    corrected[index] = least;
  }
  return corrected;
}
