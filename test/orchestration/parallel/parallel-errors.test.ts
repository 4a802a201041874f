import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  TaskError,
} from '../../../src/orchestration/parallel/parallel-errors.js';

function failWith(...messages: string[]): ParallelError {
  return new ParallelError(
    failedWith(...messages.map((message, index) => new TaskError(index, index, new Error(message)))),
  );
}

function failedWith(...errors: TaskError[]): ParallelResult {
  return { results: [], errors, outcomes: errors.map(({ index, error }) => ({ status: 'failed', index, error })) };
}

const repeat = (message: string, count: number) => Array<string>(count).fill(message);

describe('ParallelError', () => {
  test('names the item of a single failure', () => {
    const error = new ParallelError(failedWith(new TaskError(5, 'item', new Error('connection refused'))));
    expect(error.message).toBe('parallel execution failed: item 5: connection refused');
  });

  test('counts failures by message, the most frequent first', () => {
    const error = failWith(...repeat('timeout exceeded', 3), ...repeat('connection refused', 12));
    expect(error.message).toBe(
      "parallel execution failed: 15 items failed with 2 error types: 'connection refused' (12 items), 'timeout exceeded' (3 items)",
    );
  });

  test('orders ties by the first index', () => {
    expect(failWith('b', 'a', 'c', 'c', 'a', 'b').message).toBe(
      "parallel execution failed: 6 items failed with 3 error types: 'b' (2 items), 'a' (2 items), 'c' (2 items)",
    );
  });

  test('uses the singular where there is one', () => {
    expect(failWith('a', 'a', 'b').message).toBe(
      "parallel execution failed: 3 items failed with 2 error types: 'a' (2 items), 'b' (1 item)",
    );
    expect(failWith('a', 'a').message).toBe(
      "parallel execution failed: 2 items failed with 1 error type: 'a' (2 items)",
    );
  });

  test('tells the ten most frequent kinds one by one, and how many more there are', () => {
    const messages = Array.from({ length: 12 }, (_, kind) => repeat(`kind ${kind}`, 12 - kind)).flat();
    const told = Array.from({ length: 10 }, (_, kind) => `'kind ${kind}' (${12 - kind} items)`).join(', ');
    expect(failWith(...messages).message).toBe(
      `parallel execution failed: 78 items failed with 12 error types: ${told} and 2 more types`,
    );
    expect(failWith(...messages.filter((message) => message !== 'kind 0')).message).toMatch(/ and 1 more type$/);
    expect(failWith(...messages.filter((message) => !/kind [01]$/.test(message))).message).toMatch(
      /'kind 11' \(1 item\)$/,
    );
  });

  test('holds every underlying error, unchanged and in input order', () => {
    const thrown = [new Error('a'), undefined, 'b'];
    const error = new ParallelError(failedWith(...thrown.map((value, index) => new TaskError(index, index, value))));
    expect(error.errors).toEqual(thrown);
    expect(error.errors[0]).toBe(thrown[0]);
  });
});

test('a TaskError tells the index, the item and what was thrown', () => {
  const item = { id: 7 };
  const thrown = new Error('boom');
  const error = new TaskError(3, item, thrown);
  expect(error).toMatchObject({ index: 3, message: 'item 3: boom', code: 'CHORALE_TASK_FAILED' });
  expect(error.item).toBe(item);
  expect(error.error).toBe(thrown);
  expect(error.cause).toBe(thrown);
});

test('a ParallelCancelledError carries the reason and the partial result', () => {
  const reason = new Error('enough');
  const result: ParallelResult = { results: [1], errors: [], outcomes: [{ status: 'ok', index: 0, value: 1 }] };
  const error = new ParallelCancelledError(reason, result);
  expect(error.message).toBe('parallel execution cancelled: enough');
  expect(error.cause).toBe(reason);
  expect(error.result).toBe(result);
});

test('what a caught error holds is known to the compiler', () => {
  const caught: unknown = new ParallelError(failedWith(new TaskError(0, 'item', 'boom')));
  if (!(caught instanceof ParallelError)) return expect.fail('it is a ParallelError');
  expectTypeOf(caught.result.outcomes[0]).not.toBeAny();
  expect(caught.result.outcomes.map((outcome) => outcome.status)).toEqual(['failed']);
});
