import { normalQuantile } from './normal-quantile.js';

/**
 * Draws from the gamma distribution of this shape and scale 1 (G. Marsaglia and W. W. Tsang, "A simple method for
 * generating gamma variables", ACM TOMS 26, 2000; below a shape of 1 with the power of a uniform number, section 6).
 * @param shape above 0
 * @param random gives numbers in [0, 1)
 */
export function randomGamma(shape: number, random: () => number): number {
  if (shape < 1) return randomGamma(shape + 1, random) * inside(random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normalQuantile(inside(random()));
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(inside(random())) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Neither 0 nor 1. */
function inside(value: number): number {
  return Math.min(Math.max(value, 2 ** -53), 1 - 2 ** -53);
}
