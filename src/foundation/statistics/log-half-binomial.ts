/** log(n! ÷ (√(2πn) · (n ÷ e)ⁿ)), what Stirling's formula leaves out, for n of at least 1; within 1e-15. */
function stirlingError(n: number): number {
  if (n <= 15) {
    let factorial = 1;
    for (let i = 2; i <= n; i += 1) factorial *= i;
    return Math.log(factorial) - (0.5 * Math.log(2 * Math.PI * n) + n * Math.log(n) - n);
  }
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1_260 - (1 / 1_680 - 1 / 1_188 / square) / square) / square) / square) / n;
}

/**
 * log(C(n, k) · 2⁻ⁿ): the logarithm of the chance of k heads in n tosses of a fair coin, without the cancellation that
 * differences of log-gamma suffer from (C. Loader, "Fast and accurate computation of binomial probabilities", 2000).
 * @param n whole number of at least 1
 * @param k whole number from 0 to n
 */
export function logHalfBinomial(n: number, k: number): number {
  if (k === 0 || k === n) return -n * Math.LN2;
  const rest = n - k;
  const lean = (rest - k) / n;
  const deviance = k * Math.log1p(-lean) + rest * Math.log1p(lean);
  const errors = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  return errors - deviance + 0.5 * Math.log(n / (2 * Math.PI * k * rest));
}
