import { logHalfBinomial } from './log-half-binomial.js';
import { requireCount } from './require-count.js';

/** A term that is smaller than this share of the sum so far does not change it, nor do those after it together. */
const negligible = 1e-18;

/**
 * The two-sided exact p-value of McNemar's test: how often two judges that are equally good would differ at least this
 * unevenly. p = min(1, 2 · Σ C(n, i) · 2⁻ⁿ for i from 0 to min(b, c)), n = b + c: the sign test on the discordant pairs
 * (Q. McNemar, Psychometrika 12, 1947; A. Agresti, "Categorical Data Analysis", section 11.1). Within 1e-9 of the true
 * value for n up to 10⁶, in time that grows with √n; below 1e-307 it is rounded towards 0.
 *
 * @param b pairs that only the first got right
 * @param c pairs that only the second got right
 * @returns from 0 to 1; 1 where no pair is discordant
 * @throws InvalidOptionError where a count is no whole number of at least 0
 *
 * @example
 * exactMcNemar(2, 10); // 0.0386: unlikely between equals
 */
export function exactMcNemar(b: number, c: number): number {
  requireCount('b', b);
  requireCount('c', c);
  const n = b + c;
  const fewer = Math.min(b, c);
  // Both tails meet here, and rounding must not leave less than 1.
  if (n - 2 * fewer <= 1) return 1;
  let term = 1;
  let sum = 1;
  for (let i = fewer; i > 0 && term > negligible * sum; i -= 1) {
    term *= i / (n - i + 1);
    sum += term;
  }
  return Math.min(1, 2 * Math.exp(logHalfBinomial(n, fewer) + Math.log(sum)));
}
