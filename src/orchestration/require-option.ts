import { InvalidOptionError } from '../foundation/errors/chorale-error.js';

/** @throws InvalidOptionError unless `value` is a whole number of at least `least` */
export function requireWhole(option: string, value: number, least: number): void {
  check(option, Number.isSafeInteger(value) && value >= least, `a whole number of at least ${least}`, value);
}

/** @throws InvalidOptionError unless `value` is a number of items in flight: whole and at least 1, or Infinity */
export function requireConcurrency(value: number, option = 'concurrency'): void {
  const valid = value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 1);
  check(option, valid, 'a whole number of at least 1, or Infinity', value);
}

/** @throws InvalidOptionError unless `value` is true or false */
export function requireBoolean(option: string, value: boolean): void {
  check(option, typeof value === 'boolean', 'true or false', value);
}

/** @throws InvalidOptionError unless `value` is a text that is not empty */
export function requireText(option: string, value: unknown): void {
  check(option, typeof value === 'string' && value !== '', 'a text that is not empty', value);
}

/** @throws InvalidOptionError unless `value` is an object, and no array */
export function requireObject(option: string, value: unknown): void {
  check(option, typeof value === 'object' && value !== null && !Array.isArray(value), 'an object', value);
}

/** @throws InvalidOptionError unless `value` is a function */
export function requireFunction(option: string, value: unknown): void {
  check(option, typeof value === 'function', 'a function', value);
}

/** @throws InvalidOptionError unless `value` is an AbortSignal, or absent */
export function requireSignal(option: string, value: AbortSignal | undefined): void {
  check(option, value === undefined || value instanceof AbortSignal, 'an AbortSignal', value);
}

/** @throws InvalidOptionError unless `value` can be read by `for` or `for await` */
export function requireIterable(option: string, value: unknown): void {
  const source = Object(value) as object;
  check(option, Symbol.asyncIterator in source || Symbol.iterator in source, 'an iterable or async iterable', value);
}

/** @throws InvalidOptionError unless `value` can be read by `for` or `for await`, and is not a text */
export function requireItems(option: string, value: unknown): void {
  if (typeof value === 'string') throw new InvalidOptionError(option, 'an array, an iterable or async iterable', value);
  requireIterable(option, value);
}

function check(option: string, valid: boolean, rule: string, value: unknown): void {
  if (!valid) throw new InvalidOptionError(option, rule, value);
}
