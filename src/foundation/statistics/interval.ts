import { InvalidOptionError } from '../errors/usage-errors.js';

/** The two ends of a confidence interval, both inside it. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

export interface IntervalOptions {
  /** How often such an interval is to hold the true value, above 0 and below 1. @default 0.95 */
  readonly confidence?: number;
}

export const defaultConfidence = 0.95;

/** @throws InvalidOptionError where the value is not strictly between 0 and 1 */
export function requireShare(option: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new InvalidOptionError(option, 'above 0 and below 1', value);
}
