import { expect, it } from 'vitest';
import { howToResume } from '../../../src/cli/analyze/conclude.js';

it.each([
  [
    ['analyze', 'my reviews.csv', '--limit', '5'],
    "the same command resumes the run: chorale analyze 'my reviews.csv' --limit 5",
  ],
  [['analyze', 'in.csv', '--fresh'], 'the same command without --fresh resumes the run'],
  [['analyze', '-', '--format', 'csv'], 'the same command resumes the run'],
  [['analyze', `${'x'.repeat(200)}.csv`], 'the same command resumes the run'],
])('after an interruption of %j it is said what resumes the run', (args, expected) => {
  expect(howToResume('chorale', args)).toBe(expected);
});
