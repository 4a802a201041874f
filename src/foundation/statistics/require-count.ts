import { InvalidOptionError } from '../errors/usage-errors.js';

/** @throws InvalidOptionError where the value is no whole number of at least 0 */
export function requireCount(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new InvalidOptionError(option, 'a whole number of at least 0', value);
}
