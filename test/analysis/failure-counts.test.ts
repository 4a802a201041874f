import { expect, it } from 'vitest';
import { ReviewFailure } from '../../src/analysis/classify-review.js';
import { FailureCounts, failureMessage } from '../../src/analysis/failure-counts.js';
import type { Review } from '../../src/analysis/review.js';
import type { ReviewResult } from '../../src/analysis/review-result.js';
import { RowError } from '../../src/data/data-errors.js';

function add(failures: FailureCounts, index: number, cause: Error, code = 'CHORALE_ROW'): void {
  const review: Review = { index, id: `r${index}`, text: null };
  const result = { id: review.id, error: `${cause.message}: 'what it said'`, error_code: code };
  failures.add(review, result as ReviewResult, new ReviewFailure(cause, 0, 0));
}

it('counts the same failure of many rows once, with its first places', () => {
  const failures = new FailureCounts();
  for (let line = 1; line <= 300; line += 1) {
    const problem = `has ${line} cells instead of 2 (position ${line})`;
    add(failures, line - 1, new RowError({ path: 'a.csv', line }, problem));
  }
  const [failure, ...others] = failures.list();
  expect(others).toEqual([]);
  expect(failure).toMatchObject({ code: 'CHORALE_ROW', count: 300 });
  expect(failure?.message).toBe('has 1 cells instead of 2 (a.csv:1, a.csv:2, a.csv:3, a.csv:4, a.csv:5, …)');
  expect(failure?.examples).toHaveLength(5);
  expect(failure?.examples[0]).toEqual({ index: 0, id: 'r0', place: 'a.csv:1' });
});

it('counts wrong answers once, without the answer, and tells HTTP statuses apart', () => {
  const failures = new FailureCounts();
  for (let index = 0; index < 3; index += 1) add(failures, index, new Error('the answer is none of a, b'), 'ANSWER');
  for (const status of [500, 503, 503]) add(failures, 9, new Error(`the server says HTTP ${status}`), 'SERVER');
  expect(failures.list().map(({ message, count }) => [message, count])).toEqual([
    ['the answer is none of a, b', 3],
    ['the server says HTTP 503', 2],
    ['the server says HTTP 500', 1],
  ]);
  expect(failures.list()[0]?.examples[0]).toEqual({ index: 0, id: 'r0', place: null });
});

it('keeps a bounded number of kinds', () => {
  const failures = new FailureCounts();
  for (let index = 0; index < 500; index += 1) add(failures, index, new Error(`kind k${index}`), 'SERVER');
  expect(failures.list().length).toBeLessThanOrEqual(51);
  expect(failures.list().reduce((sum, { count }) => sum + count, 0)).toBe(500);
  expect(failures.list()[0]).toMatchObject({ message: 'other messages', count: 450 });
});

it('adds up what was counted in several rounds', () => {
  const [one, two] = [new FailureCounts(), new FailureCounts()];
  for (const failures of [one, two]) add(failures, 1, new Error('silent'), 'SERVER');
  one.merge(two.list());
  expect(one.list()).toMatchObject([{ message: 'silent', count: 2 }]);
});

it('names the failure without the place of the row', () => {
  const cause = new RowError({ path: 'a.csv', line: 3 }, 'has 3 cells instead of 2');
  expect(failureMessage(new ReviewFailure(cause, 0, 0))).toBe('has 3 cells instead of 2');
  expect(failureMessage('no error')).toBeUndefined();
});
