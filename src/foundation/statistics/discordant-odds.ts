import type { Interval, IntervalOptions } from './interval.js';
import { wilsonInterval } from './wilson-interval.js';

/** How many times as often the first alone is right as the second alone. */
export interface DiscordantOdds {
  /** Only the first right ÷ only the second right: Infinity where the second never was, null where neither was. */
  readonly ratio: number | null;
  /** From 0 to Infinity. */
  readonly interval: Interval;
}

/**
 * The conditional odds ratio of matched pairs, and its interval: Wilson's of the share of discordant pairs that speak for
 * the first, as odds (M. W. Fagerland, S. Lydersen and P. Laake, Statistics in Medicine 33, 2014, "transformed Wilson
 * score interval").
 * @param onlyFirst pairs that only the first got right
 * @param onlySecond pairs that only the second got right
 * @throws InvalidOptionError where a count is no whole number of at least 0, or the confidence no share
 *
 * @example
 * discordantOdds(30, 10); // ratio 3, interval 1.49 to 6.05
 */
export function discordantOdds(onlyFirst: number, onlySecond: number, options: IntervalOptions = {}): DiscordantOdds {
  const { lower, upper } = wilsonInterval(onlyFirst, onlyFirst + onlySecond, options);
  return {
    ratio: onlyFirst + onlySecond === 0 ? null : onlyFirst / onlySecond,
    interval: { lower: lower / (1 - lower), upper: upper / (1 - upper) },
  };
}
