import { InvalidOptionError } from '../errors/chorale-error.js';

/** The two ends of a confidence interval, both inside it. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

export interface IntervalOptions {
  /** @default 0.95 */
  readonly confidence?: number;
}

export const defaultConfidence = 0.95;

/** @throws InvalidOptionError if the value is not strictly between 0 and 1 */
export function requireShare(option: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new InvalidOptionError(option, 'above 0 and below 1', value);
}

/** @throws InvalidOptionError if the value is no whole number of at least 0 */
export function requireCount(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new InvalidOptionError(option, 'a whole number of at least 0', value);
}

/** Coefficients of the rational approximations, from the constant upwards. */
const middle = {
  above: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  below: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const tail = {
  above: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  below: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const farTail = {
  above: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  below: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

/**
 * Quantile of the standard normal distribution, relative error about 1e-16 (M. J. Wichura, AS 241, Applied Statistics
 * 37, 1988).
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new InvalidOptionError('p', 'above 0 and below 1', p);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(middle, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const deviate = r <= 5 ? ratio(tail, r - 1.6) : ratio(farTail, r - 5);
  return q < 0 ? -deviate : deviate;
}

function ratio({ above, below }: { readonly above: readonly number[]; readonly below: readonly number[] }, x: number) {
  return polynomial(above, x) / polynomial(below, x);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

/**
 * The score interval of a proportion (E. B. Wilson, JASA 22, 1927; `proportion_confint(method='wilson')` of statsmodels). It
 * keeps its confidence also for few rows and proportions near 0 or 1. Of no rows it is 0 to 1.
 *
 * @example
 * wilsonInterval(85, 100); // { lower: 0.767, upper: 0.907 }
 */
export function wilsonInterval(successes: number, total: number, options: IntervalOptions = {}): Interval {
  const { confidence = defaultConfidence } = options;
  requireCount('total', total);
  requireCount('successes', successes);
  if (successes > total) throw new InvalidOptionError('successes', `at most the total (${total})`, successes);
  requireShare('confidence', confidence);
  const z = normalQuantile((1 + confidence) / 2);
  const spread = total === 0 ? 0 : (successes * (total - successes)) / total;
  const centre = successes + (z * z) / 2;
  const reach = z * Math.sqrt(spread + (z * z) / 4);
  const whole = total + z * z;
  return {
    lower: (centre - reach) / whole,
    upper: successes === total ? 1 : (centre + reach) / whole,
  };
}
