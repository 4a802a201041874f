import { InvalidOptionError } from '../errors/usage-errors.js';
import { defaultConfidence, type Interval, type IntervalOptions, requireShare } from './interval.js';
import { normalQuantile } from './normal-quantile.js';
import { requireCount } from './require-count.js';

/**
 * The score interval of a share: all shares p that |successes ÷ total − p| ≤ z · √(p(1 − p) ÷ total) does not exclude
 * (E. B. Wilson, JASA 22, 1927; `proportion_confint(method='wilson')` of statsmodels). It stays within 0 and 1, and holds
 * close to what it promises also for few rows and shares near 0 or 1 (L. D. Brown, T. T. Cai and A. DasGupta, Statistical
 * Science 16, 2001). Of no rows it is 0 to 1: nothing is known.
 * @throws InvalidOptionError where a count is no whole number, successes exceed the total, or the confidence is no share
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
