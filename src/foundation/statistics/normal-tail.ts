/** From here on the continued fraction needs few terms; below it, the series does. */
const far = 3;

const density = (z: number) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

/**
 * The upper tail of the standard normal distribution, 1 − Φ(z), relative error about 1e-14 (M. Abramowitz and I. A. Stegun,
 * "Handbook of Mathematical Functions", 1964: the series 26.2.11, and the continued fraction 26.2.14 for large z).
 *
 * @example
 * normalTail(1.959964); // 0.025
 */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  return z < far ? 0.5 - bySeries(z) : byFraction(z);
}

function bySeries(z: number): number {
  let term = z;
  let sum = z;
  for (let divisor = 3; term > 1e-18 * sum; divisor += 2) {
    term *= (z * z) / divisor;
    sum += term;
  }
  return density(z) * sum;
}

function byFraction(z: number): number {
  let denominator = z;
  for (let term = 90; term >= 1; term -= 1) denominator = z + term / denominator;
  return density(z) / denominator;
}
