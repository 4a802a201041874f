import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  ChoraleError,
  codeOf,
  DefectError,
  InvalidOptionError,
  isCodedError,
  isRetryable,
  messageOf,
} from '../../../src/foundation/errors/chorale-error.js';
import { ModelBusyError, ModelUnavailableError } from '../../../src/model/model-errors.js';
import { ParallelError, TaskError } from '../../../src/orchestration/parallel/parallel-errors.js';
import { hostileValues } from './hostile-values.js';

describe('messageOf', () => {
  test.each([
    ['an error', new Error('boom'), 'boom'],
    ['an error without a message', new RangeError(), 'RangeError'],
    ['a string', 'boom', 'boom'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 404, '404'],
    ['a symbol', Symbol('boom'), 'Symbol(boom)'],
    ['an object that has a message', { message: 'boom' }, 'boom'],
    ['an object that has none', {}, '[object Object]'],
    ['an error of another realm', runInNewContext('new Error("boom")'), 'boom'],
    ['an object without a prototype', Object.create(null), 'a value that cannot be printed'],
  ])('gives the message of %s', (_, value, expected) => {
    expect(messageOf(value)).toBe(expected);
  });
});

test.each(hostileValues)('%s is described without throwing', (_, value) => {
  expect(messageOf(value)).toBeTypeOf('string');
  expect(codeOf(value)).toBe('CHORALE_TASK_FAILED');
  expect(isRetryable(value)).toBe(false);
});

describe('codes', () => {
  test('belong to the errors of the catalogue, by their code and not by their class', () => {
    expect(isCodedError(new DefectError('boom'))).toBe(true);
    expect(isCodedError(Object.assign(new Error('down'), { code: 'CHORALE_MODEL_UNAVAILABLE' }))).toBe(true);
    expect(isCodedError(Object.assign(new Error('gone'), { code: 'ENOENT' }))).toBe(false);
    expect(isCodedError({ code: 'CHORALE_DEFECT' })).toBe(false);
  });

  test('that happen to be names of Object.prototype are none', () => {
    const error = Object.assign(new Error('boom'), { code: 'toString' });
    expect(isCodedError(error)).toBe(false);
    expect(isRetryable(error)).toBe(false);
  });

  test('decide what is worth another attempt', () => {
    expect(isRetryable(new ModelUnavailableError('host', 'refused'))).toBe(true);
    expect(isRetryable(new ModelBusyError(503, 'full', null))).toBe(true);
    expect(isRetryable(new DefectError('boom'))).toBe(false);
    expect(isRetryable(new Error('boom'))).toBe(false);
  });

  test('of foreign errors are those of a failed task', () => {
    expect(codeOf(new Error('boom'))).toBe('CHORALE_TASK_FAILED');
    expect(codeOf(new DefectError('boom'))).toBe('CHORALE_DEFECT');
  });
});

test('an error keeps its cause', () => {
  const cause = new Error('refused');
  expect(new ModelUnavailableError('host', 'refused', { cause }).cause).toBe(cause);
  expect(new DefectError(cause).cause).toBe(cause);
});

test('every class but ParallelError, which is an AggregateError, descends from ChoraleError', () => {
  expect(new TaskError(0, 'item', 'boom')).toBeInstanceOf(ChoraleError);
  const parallel = new ParallelError({ results: [], errors: [], outcomes: [] });
  expect(parallel).toBeInstanceOf(AggregateError);
  expect(isCodedError(parallel)).toBe(true);
});

test.each([
  [Number.NaN, 'NaN (number)'],
  [1.5, '1.5 (number)'],
  ['4', "'4' (string)"],
  ['a'.repeat(80), `'${'a'.repeat(80)}' (string)`],
  ['a'.repeat(81), `'${'a'.repeat(80)}…' (string of 81 characters)`],
  [true, 'true (boolean)'],
  [10n, '10 (bigint)'],
  [null, 'null'],
  [undefined, 'undefined'],
  [[1], 'an array'],
  [{}, 'an object'],
  [() => 1, 'a function'],
])('the message about an invalid option gives option, rule, value and type: %s', (value, described) => {
  const error = new InvalidOptionError('limit', 'a whole number', value);
  expect(error.message).toBe(`option limit must be a whole number, but is ${described}`);
  expect(error).toMatchObject({ option: 'limit', rule: 'a whole number', value });
});
