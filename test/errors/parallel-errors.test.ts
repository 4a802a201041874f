import { describe, expect, test } from 'vitest';
import { ParallelCancelledError, ParallelError, TaskError } from '../../src/errors/index.js';

function failWith(...messages: string[]): ParallelError<{ errors: TaskError[] }> {
  return new ParallelError({
    errors: messages.map((message, index) => new TaskError(index, index, new Error(message))),
  });
}

const repeat = (message: string, count: number) => Array<string>(count).fill(message);

describe('ParallelError', () => {
  test('names the item of a single failure', () => {
    const error = new ParallelError({ errors: [new TaskError(5, 'item', new Error('connection refused'))] });
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

  test('holds every underlying error, unchanged and in input order', () => {
    const thrown = [new Error('a'), undefined, 'b'];
    const error = new ParallelError({ errors: thrown.map((value, index) => new TaskError(index, index, value)) });
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
  const result = { results: [1] };
  const error = new ParallelCancelledError(reason, result);
  expect(error.message).toBe('parallel execution cancelled: enough');
  expect(error.cause).toBe(reason);
  expect(error.result).toBe(result);
});
